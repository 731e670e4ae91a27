"""Inception v3 (Szegedy et al. 2016), built from the tensors of a file of weights: TensorFlow's for FID, or torchvision's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

_EPSILON = 1e-3  # of the batch norms

# A block is branches side by side, a branch convolutions one after the other. "/2" halves the picture and pads nothing, "a|b"
# are side by side, "pool" averages 3x3 neighbours and "max" takes the largest.
_A = ("branch1x1", "branch5x5_1 branch5x5_2", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3", "pool branch_pool")
_B = ("branch3x3/2", "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3/2", "max/2")
_C = (
    "branch1x1",
    "branch7x7_1 branch7x7_2 branch7x7_3",
    "branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 branch7x7dbl_4 branch7x7dbl_5",
    "pool branch_pool",
)
_D = ("branch3x3_1 branch3x3_2/2", "branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4/2", "max/2")
_E = (
    "branch1x1",
    "branch3x3_1 branch3x3_2a|branch3x3_2b",
    "branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3a|branch3x3dbl_3b",
    "pool branch_pool",
)
_LAST_MAX = (*_E[:3], "max branch_pool")  # TensorFlow's file was trained with a maximum in the very last block
_BLOCKS = {
    **{f"Mixed_5{suffix}": _A for suffix in "bcd"},
    "Mixed_6a": _B,
    **{f"Mixed_6{suffix}": _C for suffix in "bcde"},
    "Mixed_7a": _D,
    "Mixed_7b": _E,
    "Mixed_7c": _E,
}
_STEM = (
    "Conv2d_1a_3x3/2",
    "Conv2d_2a_3x3!",
    "Conv2d_2b_3x3",
    "max/2",
    "Conv2d_3b_1x1",
    "Conv2d_4a_3x3!",
    "max/2",
)  # "!": unpadded


class Inception(nn.Module):
    """images (B, 3, 299, 299) in [-1, 1] -> features (B, 2048) before the last layer, logits (B, classes).

    `tensorflow`: pools as the 2015 network does, whose averages leave the border out. torchvision's own count zeros there.
    The logits leave out the bias, as every published Inception Score did.
    """

    def __init__(self, tensors: Mapping[str, Tensor], *, tensorflow: bool) -> None:
        super().__init__()
        self._tensorflow = tensorflow
        self.stem = nn.Sequential(*(self._stage(tensors, "", stage) for stage in _STEM))
        blocks = _BLOCKS | ({"Mixed_7c": _LAST_MAX} if tensorflow else {})
        self.blocks = nn.Sequential(*(self._block(tensors, f"{name}.", branches) for name, branches in blocks.items()))
        self.register_buffer("classes", tensors["fc.weight"].float())

    classes: Tensor

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.blocks(self.stem(images)).mean((2, 3))
        return features, features @ self.classes.T

    def _block(self, tensors: Mapping[str, Tensor], place: str, branches: tuple[str, ...]) -> nn.Module:
        chains = [nn.Sequential(*(self._stage(tensors, place, stage) for stage in branch.split())) for branch in branches]
        return _Beside(chains)

    def _stage(self, tensors: Mapping[str, Tensor], place: str, stage: str) -> nn.Module:
        name, stride = stage.rstrip("!").removesuffix("/2"), 2 if stage.endswith("/2") else 1
        if name == "pool":
            return nn.AvgPool2d(3, 1, 1, count_include_pad=not self._tensorflow)
        if name == "max":
            return nn.MaxPool2d(3, stride, 0 if stride == 2 else 1)
        if "|" in name:
            return _Beside([self._stage(tensors, place, part) for part in name.split("|")])
        return _Convolution(tensors, place + name, stride, padded=stride == 1 and not stage.endswith("!"))


class _Beside(nn.Module):
    """Branches that read the same picture; their channels are joined."""

    def __init__(self, branches: Sequence[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], 1)


class _Convolution(nn.Module):
    """Convolution, batch norm and ReLU: the norm's constants are multiplied into the weights, which saves its passes."""

    weight: Tensor
    bias: Tensor

    def __init__(self, tensors: Mapping[str, Tensor], name: str, stride: int, *, padded: bool) -> None:
        super().__init__()
        weight, gain, bias, mean, variance = (
            tensors[f"{name}.{part}"].double()
            for part in ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")
        )
        scale = gain / (variance + _EPSILON).sqrt()
        height, across = weight.shape[2:]
        self._stride, self._padding = stride, (height // 2, across // 2) if padded else (0, 0)
        self.register_buffer("weight", (weight * scale[:, None, None, None]).float())
        self.register_buffer("bias", (bias - mean * scale).float())

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight, self.bias, self._stride, self._padding).relu_()
