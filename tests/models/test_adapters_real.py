"""The real foreign files, judged by what they draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ganlab.core.images import decode, square, to_uint8
from ganlab.core.types import Conditioning, DataSpec
from ganlab.models.adapters import recognition as adapters
from tests.support import ROOT
from tests.support.digit_reader import DigitReader, Reading


@pytest.fixture(scope="module")
def reader(foreign_weights: Path) -> DigitReader:
    return DigitReader(foreign_weights)


def drawn(foreign: adapters.Foreign, reader: DigitReader, n: int = 1000) -> Reading:
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(n, foreign.z_dim, generator=generator)
    labels = torch.arange(n) % foreign.spec.num_classes if foreign.labels else None
    with torch.inference_mode():
        fake = foreign.generators["G"](z, labels)
    assert fake.shape == (n, 1, 28, 28) and fake.abs().max() <= 1
    return reader.read(to_uint8(fake), labels)


@pytest.mark.parametrize(
    ("file", "layout", "z_dim", "confidence"),
    [("mnist-dcgan/generator.pth", "DCGAN", 64, 0.90), ("mnist-gan-mlp/G--300.ckpt", "MLP", 64, 0.95)],
)
def test_digits_without_labels(
    foreign_weights: Path, reader: DigitReader, file: str, layout: str, z_dim: int, confidence: float
) -> None:
    foreign = adapters.load(foreign_weights / file)
    assert foreign.layout.startswith(layout) and foreign.spec == DataSpec(28, 1) and foreign.z_dim == z_dim
    reading = drawn(foreign, reader)
    assert reading.confidence > confidence and min(reading.shares) > 0.01


def test_digits_with_labels(foreign_weights: Path, reader: DigitReader) -> None:
    """Labels right about half the time, as these weights' card says; a wrong order of z and label gives a tenth."""
    foreign = adapters.load(foreign_weights / "mnist-conditional-wgan-gp" / "generator.pth")
    assert foreign.spec == DataSpec(28, 1, Conditioning.LABEL, 10) and foreign.z_dim == 10
    reading = drawn(foreign, reader, 300)
    assert reading.confidence > 0.85 and 0.45 < reading.accuracy < 0.75


def test_the_collapsed_one_draws_each_class_and_nothing_else(foreign_weights: Path, reader: DigitReader) -> None:
    foreign = adapters.load(foreign_weights / "cgan-collapsed" / "generator.pth")
    assert foreign.labels == tuple("0123456789") and foreign.z_dim == 100
    assert drawn(foreign, reader).accuracy == 1.0


def test_a_discriminator_and_a_classifier_are_named_as_such(foreign_weights: Path) -> None:
    with pytest.raises(ValueError, match=r"^D--300.ckpt holds a discriminator"):
        adapters.load(foreign_weights / "mnist-gan-mlp" / "D--300.ckpt")
    with pytest.raises(ValueError, match=r"^lenet5.pth is of no layout known here: .* convnet.c1.weight"):
        adapters.load(foreign_weights / "mnist-lenet5" / "lenet5.pth")


def contrast(image: Tensor, box: tuple[slice, slice]) -> float:
    """Spread of brightness around its average over 21 pixels, within a box."""
    grey = image.mean(dim=1, keepdim=True)
    return (grey - avg_pool2d(grey, 21, 1, 10, count_include_pad=False))[..., *box].std().item()


def colourfulness(image: Tensor, box: tuple[slice, slice]) -> float:
    return (image.amax(dim=1) - image.amin(dim=1))[..., *box].mean().item()


def test_the_compressed_generator_stripes_the_sorrel(foreign_weights: Path, real_data_folder: Path) -> None:
    """On its body brown becomes black and white, and brightness varies twice as much; the grass below stays as it was."""
    photo = real_data_folder / "photos" / "n02389026_sorrel.JPEG"
    if not photo.is_file():
        pytest.skip("no photo of a sorrel among the data")
    foreign = adapters.load(foreign_weights / "cyclegan-horse2zebra-compressed" / "latest_net_G.pth")
    assert foreign.spec == DataSpec(256, 3, Conditioning.UNPAIRED)
    network = foreign.generators["G"]
    assert sum(parameter.numel() for parameter in network.parameters()) == 356_867
    pixels = np.array(square(decode(photo.read_bytes()), 256))
    horse = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.inference_mode():
        zebra = network(horse)
    body, grass = (slice(35, 105), slice(60, 235)), (slice(180, 250), slice(10, 250))
    assert contrast(zebra, body) > 1.8 * contrast(horse, body)
    assert colourfulness(zebra, body) < 0.6 * colourfulness(horse, body)
    assert 0.6 < contrast(zebra, grass) / contrast(horse, grass) < 1.1
    assert colourfulness(zebra, grass) > 0.85 * colourfulness(horse, grass)


BUGS = ROOT.parent / "shared" / "bugs"


@pytest.mark.skipif(not BUGS.is_dir(), reason="no inputs that failed beside the project")
@pytest.mark.parametrize(
    "file",
    [
        "02-batch-norm-mlp-a-relu/generator.pth",
        "02-batch-norm-mlp-b-leaky/generator.pth",
        "03-one-hot-label-mlp/generator.pth",
        "05-known-network-other-names/blocks.pth",
        "05-known-network-other-names/deconv.pth",
        "05-known-network-other-names/fc1-to-fc4.pth",
        "05-known-network-other-names/loads-today.pth",
    ],
)
def test_files_that_were_once_misread_give_their_authors_pictures(file: str) -> None:
    path = BUGS / file
    own = path.with_suffix(".expected.pt")
    wanted = torch.load(own if own.is_file() else path.parent / "expected.pt")
    foreign = adapters.load(path)
    with torch.inference_mode():
        made = to_uint8(foreign.generators["G"](wanted["z"], wanted["label"]))
    assert bool((made == wanted["pictures"]).all())
