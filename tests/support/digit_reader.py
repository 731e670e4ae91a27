"""An independent reader of digits: the LeNet-5 of another project (99.08 % on MNIST's test part), read from its own file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate


class LeNet5(nn.Module):
    """image (B, 1, 32, 32) in [0, 1] -> logits (B, 10), LeCun et al. 1998 with ReLU and max pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.convnet = nn.ModuleDict({"c1": nn.Conv2d(1, 6, 5), "c3": nn.Conv2d(6, 16, 5), "c5": nn.Conv2d(16, 120, 5)})
        self.fc = nn.ModuleDict({"f6": nn.Linear(120, 84), "f7": nn.Linear(84, 10)})

    def forward(self, image: Tensor) -> Tensor:
        x = nn.functional.max_pool2d(self.convnet["c1"](image).relu(), 2)
        x = nn.functional.max_pool2d(self.convnet["c3"](x).relu(), 2)
        x = self.convnet["c5"](x).relu().flatten(1)
        return self.fc["f7"](self.fc["f6"](x).relu())


@dataclass(frozen=True)
class Reading:
    """What it reads: mean top probability, share of each digit, and how often the asked one (nan: none asked)."""

    confidence: float
    shares: list[float]
    accuracy: float

    def __str__(self) -> str:
        asked = "" if self.accuracy != self.accuracy else f", asked digit {self.accuracy:.1%}"
        return f"mean top probability {self.confidence:.3f}, digits {min(self.shares):.1%} to {max(self.shares):.1%}{asked}"


class DigitReader:
    """Reads 28x28 uint8 digits."""

    def __init__(self, weights: Path) -> None:
        self.network = LeNet5().eval()
        self.network.load_state_dict(torch.load(weights / "mnist-lenet5" / "lenet5.pth", map_location="cpu", weights_only=True))

    @torch.inference_mode()
    def read(self, images: Tensor, asked: Tensor | None = None) -> Reading:
        """images (N, 1, S, S) uint8; `asked` (N,) are the labels they were drawn for."""
        scaled = interpolate(images.float() / 255, size=(32, 32), mode="bilinear", align_corners=False)
        probabilities = torch.cat([self.network(part) for part in scaled.split(500)]).softmax(dim=1)
        digits = probabilities.argmax(dim=1)
        shares = (torch.bincount(digits, minlength=10) / len(digits)).tolist()
        accuracy = float("nan") if asked is None else (digits == asked).float().mean().item()
        return Reading(probabilities.max(dim=1).values.mean().item(), shares, accuracy)
