"""Inception as an extractor: FID's 2015 network under its three ways of resizing, and torchvision's for the column's reading."""

from __future__ import annotations

from collections.abc import Generator

import torch
from torch import Tensor

from ganlab.core import untrusted_tensors
from ganlab.core.events import Loading
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.features.inception_network import Inception
from ganlab.metrics.features.inception_weights import TENSORFLOW, TORCHVISION, Found, obtain
from ganlab.metrics.features.resize import Resize, prepared

DIMS = 2048


class InceptionExtractor:
    """Inception v3 up to the layer before its classes, always in full float32.

    Called "inception" (or "column") only with the published weights; other weights of the same shape are called unpublished,
    and so is every number made with them.
    """

    dims = DIMS

    def __init__(self, network: Inception, name: str, sha: str, resize: Resize, device: str = "cpu") -> None:
        self.name, self.sha, self.resize, self.device = name, sha, resize, device
        self.batch_size = 64 if device.startswith("cuda") else 16  # measured: more is slower on a CPU and takes memory
        self._resize = resize
        network = network.to(device).eval().requires_grad_(False)
        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """uint8 (B, C, H, W) -> features (B, 2048) and logits."""
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            parts = [self._read(part) for part in images.split(self.batch_size)]
        rows, logits = (torch.cat(column) for column in zip(*parts, strict=True))
        return Features(rows, logits)

    def _read(self, images: Tensor) -> tuple[Tensor, Tensor]:
        pixels = prepared(images.to(self.device), self._resize)
        features: tuple[Tensor, Tensor] = self._network(pixels.contiguous(memory_format=torch.channels_last))
        return features


def load_inception(resize: Resize, device: str) -> Generator[Loading, None, InceptionExtractor]:
    """FID's network; yields while its weights are downloaded. ValueError, one sentence, when they cannot be had."""
    found = yield from obtain(TENSORFLOW)
    return _extractor("inception", found, resize, device, tensorflow=True)


def load_column(device: str) -> Generator[Loading, None, InceptionExtractor]:
    """The column's reading: torchvision's network and weights, its last layer left out, bilinear to 299 pixels.

    torchvision's own preprocessing brings grey levels 0 and 255 to -1 and 1 inside the network, which is what `legacy` does.
    """
    found = yield from obtain(TORCHVISION)
    return _extractor("column", found, "legacy", device, tensorflow=False)


def _extractor(name: str, found: Found, resize: Resize, device: str, *, tensorflow: bool) -> InceptionExtractor:
    try:
        network = Inception(untrusted_tensors.read(found.path), tensorflow=tensorflow)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"{found.path} does not hold the weights of Inception v3: put the published file there.") from error
    return InceptionExtractor(network, name if found.published else f"{name}-unpublished", found.sha256[:8], resize, device)
