"""GANLab's networks against the authors' own code for the same weights, and the numbers of parameters of both.

    python benchmarks/upstream.py CHECKOUT [CHECKOUT ...]

A checkout is a folder with junyanz/pytorch-CycleGAN-and-pix2pix (or a fork), mit-han-lab/gan-compression,
eriklindernoren/PyTorch-GAN or huggingface/community-events: this runs the network code in it. Each network is built there with
random weights, saved with torch.save, loaded by `adapters.recognition.load` and run on the same image. Theirs runs as
its own test script does: statistics of the image in every norm, no dropout. Exits with 1 when a picture differs by 1e-5.

Measured with PyTorch 2.13 on a CPU, one image each at full width: ResNet-9 (11,378,179 parameters), ResNet-6 (7,837,699),
U-Net 256 (54,413,955) and 128 (41,828,995), mobile ResNet full (1,987,075) and cut (356,867), HugGAN's ResNet, U-Net
(54,404,099) and DCGAN: the largest difference of all is 0.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.models.adapters import recognition
from ganlab.training.networks.layers import count_parameters

LIMIT = 1e-5
INSTANCE = functools.partial(nn.InstanceNorm2d, affine=False)
BATCH = functools.partial(nn.BatchNorm2d, affine=True)
Case = tuple[str, nn.Module, int]  # a name, their network, the side of the image


def module_at(path: Path) -> ModuleType:
    """A file as a module of its own, whatever package it lies in."""
    spec = importlib.util.spec_from_file_location(f"upstream_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def junyanz(networks: Any) -> Iterator[Case]:
    """Both index conventions of the residual blocks (a dropout moves the second convolution), both norms, both U-Nets."""
    for blocks in (9, 6):
        for dropout in (False, True):
            network = networks.ResnetGenerator(3, 3, 64, INSTANCE, use_dropout=dropout, n_blocks=blocks)
            yield f"ResNet-{blocks}{', dropout' if dropout else ''}", network, 256 if blocks == 9 else 128
    yield "ResNet-9, batch norm", networks.ResnetGenerator(3, 3, 64, BATCH, n_blocks=9), 256
    yield "ResNet-9, grey to colour", networks.ResnetGenerator(1, 3, 64, INSTANCE, n_blocks=9), 256
    legacy = functools.partial(INSTANCE, track_running_stats=True)
    yield "ResNet-9, legacy statistics", networks.ResnetGenerator(3, 3, 64, legacy, n_blocks=9), 256
    for depth in (8, 7):
        for name, norm in (("batch", BATCH), ("instance", INSTANCE)):
            network = networks.UnetGenerator(3, 3, depth, 64, norm, use_dropout=True)
            yield f"U-Net {2**depth}, {name} norm", network, 2**depth


def gan_compression(root: Path) -> Iterator[Case]:
    """The mobile ResNet, full and cut down to the widths of the published horse2zebra."""
    sys.path.insert(0, str(root))
    models = ModuleType("models")  # without what its __init__ imports for training
    models.__path__ = [str(root / "models")]
    sys.modules["models"] = models
    package = "models.modules.resnet_architecture"
    mobile = importlib.import_module(f"{package}.mobile_resnet_generator").MobileResnetGenerator
    cut = importlib.import_module(f"{package}.sub_mobile_resnet_generator").SubMobileResnetGenerator
    yield "mobile ResNet-9", mobile(3, 3, 64, INSTANCE, n_blocks=9), 256
    yield "cut mobile ResNet-9", cut(3, 3, {"channels": [16, 16, 32, 16, 32, 32, 16, 16]}, INSTANCE, n_blocks=9), 256
    full = importlib.import_module(f"{package}.resnet_generator").ResnetGenerator
    yield "ResNet-9 as teacher", full(3, 3, 64, INSTANCE, dropout_rate=0, n_blocks=9), 256


def pytorch_gan(cyclegan: Any, pix2pix: Any) -> Iterator[Case]:
    """Shared by PyTorch-GAN and by HugGAN, which took it over."""
    yield "GeneratorResNet, 9 blocks", cyclegan.GeneratorResNet((3, 256, 256), 9), 256
    yield "GeneratorResNet, 6 blocks", cyclegan.GeneratorResNet((3, 128, 128), 6), 128
    yield "GeneratorUNet", pix2pix.GeneratorUNet(3, 3), 256


class _Mixin:
    """Stands in for HugGAN's upload mixin, which needs a version of a library that is gone."""


def cases(root: Path) -> Iterator[Case]:
    """The networks of a checkout; ValueError when it is none that is known."""
    if (root / "models/modules/resnet_architecture").is_dir():
        yield from gan_compression(root)
    elif (root / "models/networks.py").is_file():
        yield from junyanz(module_at(root / "models/networks.py"))
    elif (root / "upit/models/junyanz.py").is_file():
        yield from junyanz(module_at(root / "upit/models/junyanz.py"))
    elif (root / "implementations/pix2pix/models.py").is_file():
        code = root / "implementations"
        yield from pytorch_gan(module_at(code / "cyclegan/models.py"), module_at(code / "pix2pix/models.py"))
    elif (root / "huggan/pytorch").is_dir():
        stand_in = ModuleType("huggan.pytorch.huggan_mixin")
        stand_in.HugGANModelHubMixin = _Mixin  # type: ignore[attr-defined]
        packages = [ModuleType("huggan"), ModuleType("huggan.pytorch")]
        sys.modules.update({module.__name__: module for module in (*packages, stand_in)})
        code = root / "huggan/pytorch"
        yield from pytorch_gan(module_at(code / "cyclegan/modeling_cyclegan.py"), module_at(code / "pix2pix/modeling_pix2pix.py"))
        yield "DCGAN", module_at(code / "dcgan/modeling_dcgan.py").Generator(1), 0
    else:
        raise ValueError(f"{root} is no checkout that is known here.")


def as_tested(network: nn.Module) -> nn.Module:
    """In training mode for its norms, with every dropout off, as in the authors' test scripts."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    return network


@torch.inference_mode()
def compare(network: nn.Module, side: int) -> tuple[str, float, float]:
    """(layout, standard deviation of their picture, largest difference of ours)."""
    with tempfile.TemporaryDirectory() as folder:
        torch.save(network.state_dict(), Path(folder) / "theirs.pth")
        foreign = recognition.load(Path(folder) / "theirs.pth")
    ours = foreign.generators["G"]
    if foreign.z_dim:
        z = torch.randn(4, foreign.z_dim)
        theirs = network.eval()(z[:, :, None, None])
        return foreign.layout, theirs.std().item(), (ours(z) - theirs).abs().max().item()
    image = torch.rand(1, foreign.spec.channels, side, side) * 2 - 1
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    given: Tensor = image if first.in_channels == foreign.spec.channels else image.mean(dim=1, keepdim=True)
    theirs = as_tested(network)(given.clone())
    return foreign.layout, theirs.std().item(), (ours(image) - theirs).abs().max().item()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="+", type=Path)
    torch.manual_seed(0)
    worst = 0.0
    print(f"{'their network':30} {'read as':32} {'parameters':>12} {'std':>6} {'difference':>11}")
    for root in parser.parse_args().checkouts:
        for name, network, side in cases(root):
            layout, spread, difference = compare(network, side)
            worst = max(worst, difference)
            print(f"{name:30} {layout:32} {count_parameters(network):12,} {spread:6.3f} {difference:11.1e}", flush=True)
    print(f"largest difference {worst:.1e}")
    return int(worst >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
