"""Small pieces that several networks share."""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.nn.utils.parametrizations import spectral_norm


def with_label(x: Tensor, label: Tensor | None, num_classes: int) -> Tensor:
    """x (B, F) -> (B, F + num_classes): the label (B,) appended as one-hot (Mirza & Osindero 2014).

    A mixture of classes is a label (B, num_classes) of floats: how much of each.
    """
    if not num_classes:
        return x
    assert label is not None, "a conditional network needs labels"
    # one-hot of a class, or how much of each class: (B, num_classes)
    shares = label if label.is_floating_point() else one_hot(label, num_classes)
    return torch.cat([x, shares.to(x.dtype)], dim=1)


class Projection(nn.Module):
    """features (B, F), label (B,) -> what the label adds to the logit (B, 1): <embed(label), features> (Miyato & Koyama 2018).

    Of a mixture, a label (B, num_classes) of floats, the embeddings are mixed.
    """

    def __init__(self, features: int, num_classes: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(num_classes, features)
        nn.init.normal_(self.embed.weight, std=0.02)

    def forward(self, features: Tensor, label: Tensor | None) -> Tensor:
        assert label is not None, "a conditional network needs labels"
        # (B, F): a row of the table, or for a mixture the weighted mean of its rows
        vector = label.to(features.dtype) @ self.embed.weight if label.is_floating_point() else self.embed(label)
        return (vector * features).sum(dim=1, keepdim=True)  # (B, 1)


class Norm(StrEnum):
    """Which normalisation the image-to-image networks use; `Norm.BATCH(64)` is a layer for 64 channels.

    Both use the statistics of what they are given, in evaluation too: Isola et al. 2017 test with "the statistics of the
    test batch", and at their batch of one kept averages would not be those that G was trained with.
    """

    BATCH = "batch"
    INSTANCE = "instance"

    def __call__(self, channels: int) -> nn.Module:
        """The layer; only batch norm has weights."""
        return nn.BatchNorm2d(channels, track_running_stats=False) if self is Norm.BATCH else nn.InstanceNorm2d(channels)

    @property
    def bias(self) -> bool:
        """Whether the convolution before it has a bias, as in the papers' code; before batch norm it would be lost."""
        return self is Norm.INSTANCE


def dcgan_init(module: nn.Module) -> None:
    """Weights N(0, 0.02), batch-norm scales N(1, 0.02), biases 0 (Radford et al. 2016)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, mean=1.0, std=0.02)  # a scale: around one it leaves features as they are
            nn.init.zeros_(layer.bias)


def without_batch_norm(module: nn.Module) -> nn.Module:
    """The module with every batch norm replaced by the identity: a gradient penalty is per image, batch norm is not."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, nn.Identity())
        else:
            without_batch_norm(child)
    return module


def spectrally_normalised(module: nn.Module) -> nn.Module:
    """The module with every weight matrix divided by its largest singular value (Miyato et al. 2018), in place.

    Each layer keeps its matrix as `parametrizations.weight.original` and an estimate of the singular vectors, which one round of
    the power method improves at each pass while it trains.
    """
    for layer in [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding)]:
        spectral_norm(layer)
    return module


def count_parameters(module: nn.Module, *, running_statistics: bool = False) -> int:
    """Trainable numbers; with `running_statistics` also batch norm's means and variances, as Keras counts."""
    total = sum(parameter.numel() for parameter in module.parameters())
    if running_statistics:
        total += sum(buffer.numel() for buffer in module.buffers() if buffer.is_floating_point())
    return total
