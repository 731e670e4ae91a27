"""Small classifiers that were trained here and whose features stand in for Inception's: that of a data set, and that of photos.

Inception must be downloaded, means little for digits, and reads ten images a second on a CPU. These read hundreds to thousands.
A distance between their features is no FID and is never called so.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save_file
from torch import Tensor
from torch.nn import functional

from ganlab.core.names import from_json, is_there, utf8_path
from ganlab.core.types import Conditioning
from ganlab.data import DATASETS
from ganlab.data.paths import cache_root
from ganlab.data.resize import LUMA
from ganlab.metrics import catalogue
from ganlab.metrics.features.extractor import Features
from ganlab.metrics.features.lenet import Lenet
from ganlab.metrics.features.photo_encoder import PhotoEncoder

SHIPPED = Path(__file__).resolve().parent / "weights"
FORMAT = "ganlab-classifier-1"
MODEL, INFO = "model.safetensors", "classifier.json"
PHOTOS = "photo-encoder"
Network = Lenet | PhotoEncoder


@dataclass(frozen=True)
class About:
    """What a trained classifier is: its network, the data it learned, how it reads images, how often it is right on test images.

    `image_size` and `channels` are those to which images are brought before they are read.
    """

    dataset: str
    image_size: int
    channels: int
    labels: tuple[str, ...]
    accuracy: float
    num_train: int
    num_test: int
    seconds: float
    format: str = FORMAT
    network: str = "lenet"

    @property
    def name(self) -> str:
        """`lenet-` and the data set, or `photo-encoder`."""
        return PHOTOS if self.network == PHOTOS else classifier_name(self.dataset)

    def build(self) -> Network:
        """The network, not trained yet."""
        classes = len(self.labels)
        return PhotoEncoder(classes) if self.network == PHOTOS else Lenet(self.image_size, self.channels, classes)


class ClassifierExtractor:
    """A classifier as an extractor; `about` holds its accuracy."""

    def __init__(self, network: Network, about: About, sha: str, device: str = "cpu") -> None:
        self.about, self.sha, self.device = about, sha, device
        self.name, self.resize = about.name, f"bilinear {about.image_size}"
        self.dims, self.batch_size = network.dims, network.batch_size
        self._network = network.to(device).eval().requires_grad_(False)

    @classmethod
    def load(cls, dataset: str, device: str = "cpu") -> ClassifierExtractor:
        """The one trained on `dataset`; ValueError with the command that trains it where there is none."""
        folder = _place(dataset)
        if folder is None:
            train = f"train it with `ganlab train-classifier {dataset}`, or " if trainable(dataset) else ""
            raise ValueError(
                f"There is no classifier {classifier_name(dataset)}: {train}choose another metric, such as frechet-lenet-mnist, "
                "or frechet-photos, which reads any images."
            )
        return cls._read(folder, device)

    @classmethod
    def of_photos(cls, device: str = "cpu") -> ClassifierExtractor:
        """The one that is shipped for images of any kind."""
        return cls._read(SHIPPED / PHOTOS, device)

    @classmethod
    def _read(cls, folder: Path, device: str) -> ClassifierExtractor:
        about = _read_about(folder)
        network, data = about.build(), (folder / MODEL).read_bytes()
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


def save(network: Network, about: About, folder: Path) -> None:
    """Write the classifier to `folder`; classifier.json, without which it is not found, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.to(network.stored).state_dict().items()}
    with utf8_path(folder / MODEL) as place:
        save_file(tensors, place)
    (folder / INFO).write_text(json.dumps(asdict(about), indent=2) + "\n")


def has_classifier(dataset: str) -> bool:
    """Whether one was shipped for this data set or trained here."""
    return _place(dataset) is not None


def usual_space(dataset: str) -> str:
    """The features that the images of a data set are read in: of its own classifier where there is one, else of photos."""
    return "lenet" if has_classifier(dataset) else catalogue.PHOTOS


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
