"""Generators as other people write them, over a grid of layouts, norms, activations, labels, names and wrappers.

Each case is a real network with random weights whose batch norms have seen pictures, as a training leaves them; a test loads
its state_dict and compares what comes out with the network itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, spectral_norm

State = dict[str, Tensor]
Module = TypeVar("Module", bound=nn.Module)
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu(0.2)": lambda: nn.LeakyReLU(0.2),
    "leaky_relu(0.01)": nn.LeakyReLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
}
RARER: dict[str, Callable[[], nn.Module]] = {"mish": nn.Mish, "softplus": nn.Softplus}  # not drawn for the grid
LAYOUTS = ("mlp", "dcgan", "fc-dcgan", "upsampling")
NORMS = ("none", "batch", "activation first", "0.8")
LABELS = ("none", "one-hot last", "one-hot first", "embedding last", "embedding first", "multiplied")
NAMES = ("sequential", "main", "blocks", "numbered", "apart")
WRAPPERS = ("", "module.", "netG.", "state_dict.generator.")
SPECTRAL = ("no", "old", "new")
CLASSES, WIDTH_OF_LABEL = 10, 6


@dataclass(frozen=True)
class Case:
    """One point of the grid."""

    layout: str = "mlp"
    norm: str = "none"
    activation: str = "relu"
    label: str = "none"
    names: str = "sequential"
    wrapper: str = ""
    spectral: str = "no"
    channels: int = 1
    z_dim: int = 20
    output: str = "tanh"
    z: str = "normal"

    def sensible(self) -> Case:
        """Without what cannot be: norms declared apart that are not there, spectral norm over all names."""
        names = "numbered" if self.names == "apart" and (self.norm == "none" or self.layout != "mlp") else self.names
        return replace(self, names=names)

    def truth(self) -> dict[str, str]:
        """The values of the settings that a file may leave open."""
        ways = {"one-hot last": f"one-hot last {CLASSES}", "one-hot first": f"one-hot first {CLASSES}"}
        return {
            "activation": self.activation,
            "label": ways.get(self.label, self.label),
            "epsilon": "0.8" if self.norm == "0.8" else "1e-05",
            "order": "activation, norm" if self.norm == "activation first" else "norm, activation",
            "output": self.output,
            "z": self.z,
            "after fc": "activation",
            "upsampling": "nearest",
            "strides": self.strides(),
        }

    def strides(self) -> str:
        """The geometry in the loader's words."""
        return {
            "dcgan": "t1p0 t2p1 t2p1 t2p1",
            "fc-dcgan": "t2p1 t2p1",
            "upsampling": "u1p1 u1p1 c1p1",
        }.get(self.layout, "")


class Author(nn.Module):
    """z (B, z_dim), label (B,) -> picture in [-1, 1], written as people write it."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        self.case = case
        beside = {"one-hot last": CLASSES, "one-hot first": CLASSES, "embedding last": WIDTH_OF_LABEL}
        features = case.z_dim + beside.get(case.label, WIDTH_OF_LABEL if case.label == "embedding first" else 0)
        if case.label in ("embedding last", "embedding first", "multiplied"):
            wide = case.z_dim if case.label == "multiplied" else WIDTH_OF_LABEL
            self.label_emb = nn.Embedding(CLASSES, wide)
        self.rows = _rows(case, features)
        for name, layer in _named(case, self.rows):
            self.add_module(name, layer) if "." not in name else _nested(self, name, layer)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        case = self.case
        one_hot = torch.eye(CLASSES)[label]
        if case.label == "multiplied":
            z = z * self.label_emb(label)
        elif case.label != "none":
            vector = self.label_emb(label) if case.label.startswith("embedding") else one_hot
            z = torch.cat([vector, z] if case.label.endswith("first") else [z, vector], dim=1)
        x = z
        for row in self.rows:
            for layer in row:
                x = layer(x)
        return 2 * x - 1 if case.output == "sigmoid" else x


def _rows(case: Case, features: int) -> list[list[nn.Module]]:
    """The layers by weight: each row starts with one that has weights (or what cuts z into maps)."""
    c = case.channels
    shapes: list[list[nn.Module]]
    if case.layout == "mlp":
        side = 28 if c == 1 else 32
        wide = [features, 24, 32, 40]
        hidden = [[nn.Linear(a, b)] for a, b in pairwise(wide)]
        shapes = [*hidden, [nn.Linear(wide[-1], c * side**2)]]
        tail: list[nn.Module] = [nn.Unflatten(1, (c, side, side))]
    elif case.layout == "dcgan":
        bias = case.norm == "none"
        shapes = [
            [nn.Unflatten(1, (features, 1, 1)), nn.ConvTranspose2d(features, 16, 4, 1, 0, bias=bias)],
            [nn.ConvTranspose2d(16, 12, 4, 2, 1, bias=bias)],
            [nn.ConvTranspose2d(12, 8, 4, 2, 1, bias=bias)],
            [nn.ConvTranspose2d(8, c, 4, 2, 1, bias=bias)],
        ]
        tail = []
    elif case.layout == "fc-dcgan":
        shapes = [
            [nn.Linear(features, 12 * 49)],
            [nn.Unflatten(1, (12, 7, 7)), nn.ConvTranspose2d(12, 8, 4, 2, 1)],
            [nn.ConvTranspose2d(8, c, 4, 2, 1)],
        ]
        tail = []
    else:
        shapes = [
            [nn.Linear(features, 12 * 49)],
            [nn.Unflatten(1, (12, 7, 7)), nn.Upsample(scale_factor=2), nn.Conv2d(12, 8, 3, 1, 1)],
            [nn.Upsample(scale_factor=2), nn.Conv2d(8, 6, 3, 1, 1)],
            [nn.Conv2d(6, c, 3, 1, 1)],
        ]
        tail = []
    rows = []
    for position, row in enumerate(shapes):
        if position + 1 < len(shapes):
            row = row + _bent(case, row[-1], position)
        rows.append(row)
    ends = {"tanh": nn.Tanh(), "sigmoid": nn.Sigmoid()}
    rows[-1] = [*rows[-1], ends[case.output], *tail]
    if case.spectral != "no":
        wrap = spectral_norm if case.spectral == "old" else parametrizations.spectral_norm
        for row in rows:
            for layer in row:
                if isinstance(layer, nn.Linear | nn.ConvTranspose2d | nn.Conv2d):
                    wrap(layer)
    return rows


def _bent(case: Case, layer: nn.Module, position: int) -> list[nn.Module]:
    bend = (ACTIVATIONS | RARER)[case.activation]()
    if case.norm == "none" or (case.layout == "mlp" and position == 0):
        return [bend]
    epsilon = 0.8 if case.norm == "0.8" else 1e-5
    if isinstance(layer, nn.Linear):
        norm: nn.Module = nn.BatchNorm1d(layer.out_features, epsilon)
    else:
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        norm = nn.BatchNorm2d(layer.out_channels, epsilon)
    return [bend, norm] if case.norm == "activation first" else [norm, bend]


def _named(case: Case, rows: list[list[nn.Module]]) -> list[tuple[str, nn.Module]]:
    """The names under which the layers are saved; those without tensors count only where the layers lie in one Sequential."""
    found: list[tuple[str, nn.Module]] = []
    if case.names in ("sequential", "main"):
        start = "main." if case.names == "main" else "model."
        flat = [layer for row in rows for layer in row]
        return [(f"{start}{index}", layer) for index, layer in enumerate(flat)]
    if case.names == "blocks":
        return [(f"block_{place}.{index}", layer) for place, row in enumerate(rows, 1) for index, layer in enumerate(row)]
    late = []
    for place, row in enumerate(rows, 1):
        for layer in row:
            kind = {nn.Linear: "fc", nn.ConvTranspose2d: "deconv", nn.Conv2d: "conv"}.get(type(layer), "")
            if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                (late if case.names == "apart" else found).append((f"bn{place}", layer))
            elif kind or hasattr(layer, "weight") or hasattr(layer, "parametrizations"):
                found.append((f"{kind or 'layer'}{place}", layer))
    return [*found, *late]


def _nested(parent: nn.Module, name: str, layer: nn.Module) -> None:
    for part in name.split(".")[:-1]:
        if not hasattr(parent, part):
            parent.add_module(part, nn.Module())
        parent = getattr(parent, part)
    parent.add_module(name.rpartition(".")[2], layer)


def latents(case: Case, n: int, seed: int) -> Tensor:
    """z (n, z_dim) as this author draws it."""
    generator = torch.Generator().manual_seed(seed)
    if case.z == "normal":
        return torch.randn(n, case.z_dim, generator=generator)
    return 2 * torch.rand(n, case.z_dim, generator=generator) - 1


def trained(case: Case, seed: int = 0) -> Author:
    """The network as a training leaves it: biases and scales moved, statistics kept, the label louder than z."""
    torch.manual_seed(seed)
    author = Author(case)
    for layer in author.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.2)
            nn.init.normal_(layer.bias, 0, 0.3)
            layer.momentum = None  # the plain mean of all batches
    first = next(layer for row in author.rows for layer in row if isinstance(layer, nn.Linear | nn.ConvTranspose2d))
    if case.label not in ("none", "multiplied") and case.spectral == "no":
        with torch.no_grad():
            wide = CLASSES if case.label.startswith("one-hot") else WIDTH_OF_LABEL
            columns = slice(None, wide) if case.label.endswith("first") else slice(-wide, None)
            weight = first.weight if isinstance(first, nn.ConvTranspose2d) else first.weight.T
            weight[columns] *= 4
    author.train()
    with torch.no_grad():
        for batch in range(12 if case.norm != "none" or case.spectral != "no" else 0):
            if batch == 4:  # by now the power iteration of a spectral norm has settled
                for layer in author.modules():
                    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
                        layer.reset_running_stats()
            author(latents(case, 64, 100 + batch), torch.arange(64) % CLASSES)
    return settled(author).eval().requires_grad_(False)


def settled(author: Module) -> Module:
    """With batch norms that say that they have seen many batches, as after a training."""
    for layer in author.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.num_batches_tracked.fill_(1000)  # type: ignore[union-attr]
    return author


def saved(author: Author) -> State:
    """Its state_dict under the case's wrapper, copied."""
    return {author.case.wrapper + name: tensor.clone() for name, tensor in author.state_dict().items()}


class Homework(nn.Module):
    """A CycleGAN generator of course homework: two halvings, residual blocks of one or two convolutions, two enlargements."""

    def __init__(self, *, width: int = 4, blocks: int = 2, single: bool = False, norm: str = "batch", slope: float = 0.0) -> None:
        super().__init__()
        bias = norm == "none"

        def row(*layers: nn.Module, out: int) -> nn.Sequential:
            made = {
                "batch": nn.BatchNorm2d(out),
                "instance": nn.InstanceNorm2d(out),
                "affine": nn.InstanceNorm2d(out, affine=True),
            }
            return nn.Sequential(*layers, *([made[norm]] if norm in made else []))

        self.conv1 = row(nn.Conv2d(3, width, 4, 2, 1, bias=bias), out=width)
        self.conv2 = row(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=bias), out=2 * width)
        wide = 2 * width
        self.res_blocks = nn.ModuleList(
            nn.ModuleList(row(nn.Conv2d(wide, wide, 3, 1, 1, bias=bias), out=wide) for _ in range(1 if single else 2))
            for _ in range(blocks)
        )
        self.deconv1 = row(nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=bias), out=width)
        self.deconv2 = nn.Sequential(nn.ConvTranspose2d(width, 3, 4, 2, 1))
        self.single = single
        self.bend = nn.LeakyReLU(slope) if slope else nn.ReLU()

    def forward(self, image: Tensor) -> Tensor:
        x = self.bend(self.conv2(self.bend(self.conv1(image))))
        for block in self.res_blocks:
            assert isinstance(block, nn.ModuleList)
            inner = block[0](x) if self.single else block[1](self.bend(block[0](x)))
            x = self.bend(x + inner) if self.single else x + inner
        return self.deconv2(self.bend(self.deconv1(x))).tanh()


class SmallUNet(nn.Module):
    """An encoder and a decoder with skips, as in homework on Pix2Pix."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.down1 = nn.Conv2d(3, width, 4, 2, 1)
        self.down2 = nn.Sequential(nn.Conv2d(width, 2 * width, 4, 2, 1), nn.BatchNorm2d(2 * width))
        self.down3 = nn.Sequential(nn.Conv2d(2 * width, 4 * width, 4, 2, 1), nn.BatchNorm2d(4 * width))
        self.up1 = nn.Sequential(nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1), nn.BatchNorm2d(2 * width))
        self.up2 = nn.Sequential(nn.ConvTranspose2d(4 * width, width, 4, 2, 1), nn.BatchNorm2d(width))
        self.up3 = nn.ConvTranspose2d(2 * width, 3, 4, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        one = self.down1(image).relu()
        two = self.down2(one).relu()
        x = self.up1(self.down3(two).relu()).relu()
        x = self.up2(torch.cat([x, two], dim=1)).relu()
        return self.up3(torch.cat([x, one], dim=1)).tanh()


class TwoLinears(nn.Module):
    """A linear layer for z and one for the label, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1_1, self.fc1_1_bn = nn.Linear(20, 24), nn.BatchNorm1d(24)
        self.fc1_2, self.fc1_2_bn = nn.Linear(10, 16), nn.BatchNorm1d(16)
        self.fc2, self.fc2_bn, self.fc3 = nn.Linear(40, 32), nn.BatchNorm1d(32), nn.Linear(32, 784)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        both = [self.fc1_1_bn(self.fc1_1(z)).relu(), self.fc1_2_bn(self.fc1_2(torch.eye(10)[label])).relu()]
        x = self.fc2_bn(self.fc2(torch.cat(both, dim=1))).relu()
        return self.fc3(x).tanh().unflatten(1, (1, 28, 28))


class TwoDeconvolutions(nn.Module):
    """A transposed convolution for z and one for the label, their maps side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv1_1, self.deconv1_1_bn = nn.ConvTranspose2d(20, 16, 4, 1, 0), nn.BatchNorm2d(16)
        self.deconv1_2, self.deconv1_2_bn = nn.ConvTranspose2d(10, 16, 4, 1, 0), nn.BatchNorm2d(16)
        self.deconv2, self.deconv2_bn = nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16)
        self.deconv3, self.deconv3_bn = nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.BatchNorm2d(8)
        self.deconv4 = nn.ConvTranspose2d(8, 1, 4, 2, 1)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        one_hot = torch.eye(10)[label][..., None, None]
        both = [self.deconv1_1_bn(self.deconv1_1(z[..., None, None])).relu(), self.deconv1_2_bn(self.deconv1_2(one_hot)).relu()]
        x = self.deconv2_bn(self.deconv2(torch.cat(both, dim=1))).relu()
        return self.deconv4(self.deconv3_bn(self.deconv3(x)).relu()).tanh()


class LabelAsMap(nn.Module):
    """The label's embedding becomes one more map beside those of z."""

    def __init__(self) -> None:
        super().__init__()
        self.label_conditioned = nn.Sequential(nn.Embedding(10, 30), nn.Linear(30, 16))
        self.latent = nn.Sequential(nn.Linear(20, 12 * 16), nn.LeakyReLU(0.2))
        self.model = nn.Sequential(
            nn.ConvTranspose2d(13, 12, 4, 2, 1, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
            nn.ConvTranspose2d(12, 8, 4, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        maps = [self.latent(z).unflatten(1, (12, 4, 4)), self.label_conditioned(label).unflatten(1, (1, 4, 4))]
        return self.model(torch.cat(maps, dim=1))
