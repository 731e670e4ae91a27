"""A small classifier that is trained here and whose features stand in for Inception's on digits, clothes and small images.

Inception was trained on photographs, means little for digits, and costs a CPU seconds per image. This one reads thousands a
second. A distance between its features is no FID and is never called so.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save_file
from torch import Tensor, nn
from torch.nn import functional

from ganlab.core.names import from_json, is_there, utf8_path
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS
from ganlab.data.paths import cache_root
from ganlab.data.resize import LUMA
from ganlab.metrics.features.extractor import Features

SHIPPED = Path(__file__).resolve().parent / "weights"
FORMAT = "ganlab-classifier-1"
MODEL, INFO = "model.safetensors", "classifier.json"
_C1, _C3, _F6 = 16, 32, 84
DIMS = _C1 + _C3 + _F6


class Lenet(nn.Module):
    """images (B, C, S, S) in [-1, 1] -> features (B, 132), logits (B, classes); LeCun et al. 1998 with ReLU and max pooling.

    The features are the mean answers of all filters of both convolutions, then the last hidden layer: that one alone takes
    noise for a digit, for it only knows what distinguishes digits. Each is divided by its spread over the training images, so
    that distances count in variances.
    """

    spread: Tensor

    def __init__(self, image_size: int, channels: int, num_classes: int) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(channels, _C1, 5, padding=2)
        self.c3 = nn.Conv2d(_C1, _C3, 5)
        self.f6 = nn.Linear(_C3 * ((image_size // 2 - 4) // 2) ** 2, _F6)
        self.f7 = nn.Linear(_F6, num_classes)
        self.dropout = nn.Dropout(0.3)
        self.register_buffer("spread", torch.ones(DIMS))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        c1 = functional.max_pool2d(self.c1(images).relu_(), 2)
        c3 = functional.max_pool2d(self.c3(c1).relu_(), 2)
        f6 = self.f6(self.dropout(c3.flatten(1))).relu_()
        features = torch.cat([c1.mean((2, 3)), c3.mean((2, 3)), f6], 1) / self.spread
        return features, self.f7(self.dropout(f6))


@dataclass(frozen=True)
class About:
    """What a trained classifier is: the data it learned, how it reads images, how often it is right on the test part."""

    dataset: str
    image_size: int
    channels: int
    labels: tuple[str, ...]
    accuracy: float
    num_train: int
    num_test: int
    seconds: float
    format: str = FORMAT

    @property
    def name(self) -> str:
        """`lenet-` and the data set."""
        return classifier_name(self.dataset)


class LenetExtractor:
    """The classifier as an extractor; `about` holds its accuracy."""

    dims, batch_size = DIMS, 500

    def __init__(self, network: Lenet, about: About, sha: str, device: str = "cpu") -> None:
        self.about, self.sha, self.device = about, sha, device
        self.name, self.resize = about.name, f"bilinear {about.image_size}"
        self._network = network.to(device).eval().requires_grad_(False)

    @classmethod
    def load(cls, dataset: str, device: str = "cpu") -> LenetExtractor:
        """The one trained on `dataset`; ValueError with the command that trains it where there is none."""
        folder = _place(dataset)
        if folder is None:
            train = f"train it with `ganlab train-classifier {dataset}`, or " if trainable(dataset) else ""
            raise ValueError(
                f"There is no classifier {classifier_name(dataset)}: {train}choose another metric, such as frechet-lenet-mnist, "
                "or frechet-pixels, which reads any images."
            )
        about = _read_about(folder)
        network = Lenet(about.image_size, about.channels, len(about.labels))
        data = (folder / MODEL).read_bytes()
        try:
            network.load_state_dict(load(data))
        except Exception as error:  # safetensors' own, or torch's RuntimeError
            raise ValueError(f"{MODEL} of {about.name} in {folder} is damaged: train it again.") from error
        return cls(network, about, hashlib.sha256(data).hexdigest()[:8], device)

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Features:
        """uint8 (B, C, H, W) of any size -> features and logits."""
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # the same features on every device
            parts = [self._network(self._prepared(part)) for part in images.split(self.batch_size)]
        rows, logits = (torch.cat(column) for column in zip(*parts, strict=True))
        return Features(rows, logits)

    def _prepared(self, images: Tensor) -> Tensor:
        """-> floats in [-1, 1] of the classifier's own size and channels."""
        pixels = images.to(self.device).float()
        if pixels.shape[1] == 3 and self.about.channels == 1:
            pixels = (pixels * torch.tensor(LUMA, device=self.device).view(1, 3, 1, 1)).sum(1, keepdim=True)
        size = (self.about.image_size, self.about.image_size)
        if pixels.shape[-2:] != size:
            pixels = functional.interpolate(pixels, size, mode="bilinear", antialias=True)
        return pixels.div_(127.5).sub_(1).expand(-1, self.about.channels, -1, -1)


def classifier_name(dataset: str) -> str:
    """What the classifier of a data set is called."""
    return f"lenet-{dataset}"


def trained_here(dataset: str) -> Path:
    """Where a classifier that was trained on this machine is kept."""
    return cache_root() / "classifiers" / classifier_name(dataset)


def save(network: Lenet, about: About, folder: Path) -> None:
    """Write the classifier to `folder`; classifier.json, without which it is not found, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    with utf8_path(folder / MODEL) as place:
        save_file({name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}, place)
    (folder / INFO).write_text(json.dumps(asdict(about), indent=2) + "\n")


def has_classifier(dataset: str) -> bool:
    """Whether one was shipped for this data set or trained here."""
    return _place(dataset) is not None


def trainable(dataset: str) -> bool:
    """Whether one can be trained by the data set's name alone: it has labels and a place of its own."""
    return dataset in DATASETS and dataset != "folder" and Conditioning.LABEL in DATASETS[dataset].conditionings


def _place(dataset: str) -> Path | None:
    places = (SHIPPED / classifier_name(dataset), trained_here(dataset))
    return next((place for place in places if is_there(place / INFO)), None)


def _read_about(folder: Path) -> About:
    try:
        values: dict[str, Any] = from_json((folder / INFO).read_bytes(), names="labels")
        if values.get("format") != FORMAT:
            raise ValueError(f"{INFO} in {folder} is not in the format {FORMAT}: train the classifier again.")
        return About(**values | {"labels": tuple(values["labels"])})
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{INFO} in {folder} is damaged: train the classifier again.") from error
