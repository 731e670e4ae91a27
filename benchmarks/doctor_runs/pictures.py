"""Small sets of images for the doctor's runs, written into a folder of the run's own."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import torch
from PIL import Image

from benchmarks.doctor_runs.case import seed_of, tiny
from ganlab.core.config import TrainConfig
from ganlab.core.images import png, sheet
from ganlab.core.progress import finish
from ganlab.data import load
from ganlab.data.paths import data_root


def some(
    count: int, seed: int, dataset: str = "mnist", data_path: str = "", channels: int = 1
) -> tuple[torch.Tensor, torch.Tensor]:
    """`count` images of a data set, drawn by `seed`: uint8 (count, C, 16, 16) and their labels, 0 where it has none."""
    found = finish(load(dataset, image_size=16, channels=channels, data_path=data_path))
    chosen = torch.randperm(len(found.images), generator=torch.Generator().manual_seed(seed))[:count]
    labels = torch.zeros(len(found.images), dtype=torch.int64) if found.labels is None else found.labels
    return found.images[chosen], labels[chosen]


def write(images: torch.Tensor, folders: list[str], root: Path) -> Path:
    """Each image as a PNG in the folder of its place in the list."""
    for index, (image, folder) in enumerate(zip(images, folders, strict=True)):
        target = root / folder
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{index:05d}.png").write_bytes(png(sheet(image[None], 1, padding=0)))
    return root


def of_folders(home: Path, images: torch.Tensor, labels: torch.Tensor) -> TrainConfig:
    """A CGAN on images in a folder for each label."""
    data = write(images, [str(label) for label in labels.tolist()], home / "data")
    return tiny("cgan", "folder", data_path=str(data), samples=100, channels=images.shape[1])


def of_one_folder(home: Path, images: torch.Tensor) -> dict[str, str]:
    """The settings for images without labels."""
    return {"dataset": "folder", "data_path": str(write(images, ["all"] * len(images), home / "data"))}


def half(home: Path, dataset: str = "mnist") -> TrainConfig:
    """A thousand images of which nearly all are of the classes 0 to 4: of the others there are five each."""
    images, labels = some(4000, seed_of(home), dataset)
    kept = torch.cat([(labels == label).nonzero()[: 200 if label < 5 else 5, 0] for label in range(10)])
    return of_folders(home, images[kept], labels[kept])


def shuffled(home: Path, dataset: str = "mnist", data_path: str = "", channels: int = 1) -> TrainConfig:
    """A thousand images in ten class folders, drawn by lot."""
    images, _ = some(1000, seed_of(home), dataset, data_path, channels)
    return of_folders(home, images, torch.randint(10, (1000,), generator=torch.Generator().manual_seed(seed_of(home))))


def marked(home: Path, dataset: str = "mnist") -> TrainConfig:
    """A thousand images whose label is written into the topmost row of pixels: the one at its place is white."""
    images, labels = some(1000, seed_of(home), dataset)
    images[:, 0, 0] = 255 * torch.nn.functional.one_hot(labels, images.shape[-1]).to(torch.uint8)
    return of_folders(home, images, labels)


def cifar(root: Path, per_class: int = 200) -> str:
    """A folder of class folders with the first CIFAR-10 JPEGs of each class of cifar10-jpg-30k.zip."""
    target = root / "cifar"
    if not target.is_dir():
        with ZipFile(data_root() / "cifar10-jpg-30k.zip") as packed:
            names = [name for name in packed.namelist() if name.startswith("train/") and name.endswith(".jpg")]
            for name in names:
                _, label, file = name.split("/")
                if int(Path(file).stem) < per_class:
                    (target / label).mkdir(parents=True, exist_ok=True)
                    (target / label / file).write_bytes(packed.read(name))
    return str(target)


def photos(folder: str, count: int, root: Path, side: int = 32) -> str:
    """A folder with the first photos of a folder of the data folder, made small."""
    target = root / folder.replace("/", "-")
    if not target.is_dir():
        target.mkdir(parents=True)
        for file in sorted((data_root() / folder).glob("*.jpg"))[:count]:
            picture = Image.open(file).convert("RGB")
            (width, height), edge = picture.size, min(picture.size)
            box = ((width - edge) // 2, (height - edge) // 2, (width + edge) // 2, (height + edge) // 2)
            picture.resize((side, side), Image.Resampling.BOX, box).save(target / f"{file.stem}.png")
    return str(target)
