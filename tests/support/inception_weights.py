"""Random weights in the real file's format, and the same network as torchvision builds it: an independent reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn

from ganlab.data.torchvision_import import load_torchvision


def random_inception(num_classes: int = 1008, seed: int = 0) -> nn.Module:
    """torchvision's Inception v3 with random weights whose answers neither die nor explode, and batch norms of every kind."""
    torch.manual_seed(seed)
    network: nn.Module = load_torchvision().models.inception_v3(num_classes=num_classes, aux_logits=False, init_weights=False)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.7, 1.3)
    return network.eval().requires_grad_(False)


def pooled_features(network: nn.Module, images: Tensor) -> Tensor:
    """What torchvision's network computes before its last layer: images (B, 3, 299, 299) in [-1, 1] -> (B, 2048)."""
    last, network.fc, network.transform_input = network.fc, nn.Identity(), False
    try:
        with torch.inference_mode():
            features: Tensor = network(images)
            return features
    finally:
        network.fc = last


@contextmanager
def pooling_like_tensorflow(network: Any) -> Iterator[None]:
    """Inside, torchvision's blocks pool as the 2015 network does: averages without the border, a maximum in the last block."""
    functional = load_torchvision().models.inception.F
    average, maximum = functional.avg_pool2d, functional.max_pool2d
    last = network.Mixed_7c

    def pool(x: Tensor, **sizes: Any) -> Tensor:
        return maximum(x, **sizes) if inside else average(x, **sizes, count_include_pad=False)

    inside = False

    def enter(*_: Any) -> None:
        nonlocal inside
        inside = True

    def leave(*_: Any) -> None:
        nonlocal inside
        inside = False

    hooks = [last.register_forward_pre_hook(enter), last.register_forward_hook(leave)]
    with mock.patch.object(functional, "avg_pool2d", pool):
        yield
    for hook in hooks:
        hook.remove()
