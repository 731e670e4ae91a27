"""State dicts under the names that other projects use, small, with random weights; and what those names mean as plain functions.

Written from the layouts' descriptions, so that a loader that puts a tensor in the wrong place draws another picture.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import (
    batch_norm,
    conv2d,
    conv_transpose2d,
    instance_norm,
    interpolate,
    leaky_relu,
    pad,
    relu,
)

State = dict[str, Tensor]


def weighted(state: State, name: str, *shape: int, bias: int = 0) -> None:
    """A layer's weight of that shape, and a bias of `bias` numbers."""
    state[f"{name}.weight"] = torch.randn(shape) / (shape[1] * shape[-1] ** 2) ** 0.5
    if bias:
        state[f"{name}.bias"] = 0.1 * torch.randn(bias)


def normed(state: State, name: str, features: int) -> None:
    """A batch norm with statistics that are not those of its input."""
    state[f"{name}.weight"], state[f"{name}.bias"] = 1 + 0.1 * torch.randn(features), 0.1 * torch.randn(features)
    state[f"{name}.running_mean"], state[f"{name}.running_var"] = 0.3 * torch.randn(features), 0.5 + torch.rand(features)
    state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def prefixed(prefix: str, state: State) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def resnet(
    width: int = 4, blocks: int = 9, *, second: int = 5, channels: tuple[int, int] = (3, 3), block: str = "conv_block"
) -> State:
    """junyanz: `second` is the index of a block's second convolution, 6 where a dropout comes before it."""
    state: State = {}
    weighted(state, "model.1", width, channels[0], 7, 7, bias=width)
    weighted(state, "model.4", 2 * width, width, 3, 3, bias=2 * width)
    weighted(state, "model.7", 4 * width, 2 * width, 3, 3, bias=4 * width)
    for index in range(10, 10 + blocks):
        for part in (1, second):
            weighted(state, f"model.{index}.{block}.{part}", 4 * width, 4 * width, 3, 3, bias=4 * width)
    end = 10 + blocks
    weighted(state, f"model.{end}", 4 * width, 2 * width, 3, 3, bias=2 * width)
    weighted(state, f"model.{end + 3}", 2 * width, width, 3, 3, bias=width)
    weighted(state, f"model.{end + 7}", channels[1], width, 7, 7, bias=channels[1])
    return state


def upsampling_resnet(width: int = 4, blocks: int = 9) -> State:
    """HugGAN and PyTorch-GAN: blocks called `block`, and an upsampling before each of the last convolutions."""
    state = resnet(width, blocks, block="block")
    end = 10 + blocks
    for old in (end, end + 3, end + 7):
        del state[f"model.{old}.weight"], state[f"model.{old}.bias"]
    weighted(state, f"model.{end + 1}", 2 * width, 4 * width, 3, 3, bias=2 * width)
    weighted(state, f"model.{end + 5}", width, 2 * width, 3, 3, bias=width)
    weighted(state, f"model.{end + 9}", 3, width, 7, 7, bias=3)
    return state


def mobile_resnet(width: int = 4, blocks: int = 9, inner: int = 6) -> State:
    """GAN Compression: `conv_block.1.conv.0` by channel, `conv_block.1.conv.2` across."""
    state = {name: tensor for name, tensor in resnet(width, blocks).items() if "conv_block" not in name}
    outer = 4 * width
    for index in range(10, 10 + blocks):
        for part, before, after in ((1, outer, inner), (6, inner, outer)):
            weighted(state, f"model.{index}.conv_block.{part}.conv.0", before, 1, 3, 3, bias=before)
            weighted(state, f"model.{index}.conv_block.{part}.conv.2", after, before, 1, 1, bias=after)
    return state


def run_resnet(state: State, image: Tensor) -> Tensor:
    """Any of the three above."""

    def layer(name: str, x: Tensor, **how: int) -> Tensor:
        return conv2d(x, state[f"{name}.weight"], state.get(f"{name}.bias"), **how)

    def reflect(x: Tensor, by: int) -> Tensor:
        return pad(x, (by,) * 4, mode="reflect")

    def inside(name: str, x: Tensor) -> Tensor:
        if f"{name}.conv.0.weight" not in state:
            return layer(name, reflect(x, 1))
        return layer(f"{name}.conv.2", instance_norm(layer(f"{name}.conv.0", reflect(x, 1), groups=x.shape[1])))

    x = relu(instance_norm(layer("model.1", reflect(image, 3))))
    for name in ("model.4", "model.7"):
        x = relu(instance_norm(layer(name, x, stride=2, padding=1)))
    parts = {name.rsplit(".conv.", 1)[0].removesuffix(".weight") for name in state if "block" in name and "bias" not in name}
    pairs = sorted(parts, key=lambda name: (int(name.split(".")[1]), int(name.split(".")[-1])))
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        x = x + instance_norm(inside(second, relu(instance_norm(inside(first, x)))))
    *ups, last = sorted({int(name.split(".")[1]) for name in state if "block" not in name} - {1, 4, 7})
    for index in ups:
        weight, bias = state[f"model.{index}.weight"], state[f"model.{index}.bias"]
        if weight.shape[0] == x.shape[1]:
            x = conv_transpose2d(x, weight, bias, stride=2, padding=1, output_padding=1)
        else:
            x = conv2d(interpolate(x, scale_factor=2), weight, bias, padding=1)
        x = relu(instance_norm(x))
    return layer(f"model.{last}", reflect(x, 3)).tanh()


def unet(depth: int = 8, width: int = 2, *, batch: bool = True) -> State:
    """junyanz's nested U-Net, with batch norm (no biases before it) or instance norm (biases, no norm tensors)."""
    state: State = {}
    widths = [width * min(2**level, 8) for level in range(depth)]

    def level(prefix: str, index: int) -> None:
        before, inside = widths[index - 1], widths[index]
        innermost = index == depth - 1
        weighted(state, f"{prefix}1", inside, before, 4, 4, bias=0 if batch else inside)
        if not innermost:
            if batch:
                normed(state, f"{prefix}2", inside)
            level(f"{prefix}3.model.", index + 1)
        up = 3 if innermost else 5
        weighted(state, f"{prefix}{up}", inside * (1 if innermost else 2), before, 4, 4, bias=0 if batch else before)
        if batch:
            normed(state, f"{prefix}{up + 1}", before)

    weighted(state, "model.model.0", width, 3, 4, 4, bias=0 if batch else width)
    level("model.model.1.model.", 1)
    weighted(state, "model.model.3", 2 * width, 3, 4, 4, bias=3)
    return state


def run_unet(state: State, image: Tensor) -> Tensor:
    """The nested U-Net with the norms using the statistics of this image."""

    def norm(name: str, x: Tensor) -> Tensor:
        if f"{name}.running_mean" in state:
            return batch_norm(x, None, None, state[f"{name}.weight"], state[f"{name}.bias"], training=True)
        return instance_norm(x)

    def down(name: str, x: Tensor) -> Tensor:
        return conv2d(x, state[f"{name}.weight"], state.get(f"{name}.bias"), stride=2, padding=1)

    def up(name: str, x: Tensor) -> Tensor:
        return conv_transpose2d(relu(x), state[f"{name}.weight"], state.get(f"{name}.bias"), stride=2, padding=1)

    def level(prefix: str, x: Tensor) -> Tensor:
        inside = down(f"{prefix}1", leaky_relu(x, 0.2))
        if f"{prefix}5.weight" not in state:
            return torch.cat([x, norm(f"{prefix}4", up(f"{prefix}3", inside))], dim=1)
        inside = level(f"{prefix}3.model.", norm(f"{prefix}2", inside))
        return torch.cat([x, norm(f"{prefix}6", up(f"{prefix}5", inside))], dim=1)

    return up("model.model.3", level("model.model.1.model.", down("model.model.0", image))).tanh()


def huggan_unet(widths: tuple[int, ...] = (2, 4, 8, 8, 8, 8, 8, 8)) -> State:
    """HugGAN and PyTorch-GAN: down1 … down8, up1 … up7, final."""
    state: State = {}
    for index, (before, after) in enumerate(zip((3, *widths), widths, strict=False), 1):
        weighted(state, f"down{index}.model.0", after, before, 4, 4)
    below = widths[-1]
    for index, skip in enumerate(reversed(widths[:-1]), 1):
        weighted(state, f"up{index}.model.0", below, skip, 4, 4)
        below = 2 * skip
    weighted(state, "final.2", 3, below, 4, 4, bias=3)
    return state


def run_huggan_unet(state: State, image: Tensor) -> Tensor:
    depth = sum(name.startswith("down") for name in state)
    skips = []
    x = image
    for index in range(1, depth + 1):
        x = conv2d(x, state[f"down{index}.model.0.weight"], stride=2, padding=1)
        x = leaky_relu(instance_norm(x) if 1 < index < depth else x, 0.2)
        skips.append(x)
    skips.pop()
    for index in range(1, depth):
        x = relu(instance_norm(conv_transpose2d(x, state[f"up{index}.model.0.weight"], stride=2, padding=1)))
        x = torch.cat([x, skips.pop()], dim=1)
    x = pad(interpolate(x, scale_factor=2), (1, 0, 1, 0))
    return conv2d(x, state["final.2.weight"], state["final.2.bias"], padding=1).tanh()


def coursera_resnet(width: int = 4, blocks: int = 9) -> State:
    """The course's CycleGAN: upfeature, contract1, contract2, res0 …, expand2, expand3, downfeature."""
    state: State = {}
    weighted(state, "upfeature.conv", width, 3, 7, 7, bias=width)
    weighted(state, "contract1.conv1", 2 * width, width, 3, 3, bias=2 * width)
    weighted(state, "contract2.conv1", 4 * width, 2 * width, 3, 3, bias=4 * width)
    for block in range(blocks):
        for part in (1, 2):
            weighted(state, f"res{block}.conv{part}", 4 * width, 4 * width, 3, 3, bias=4 * width)
    weighted(state, "expand2.conv1", 4 * width, 2 * width, 3, 3, bias=2 * width)
    weighted(state, "expand3.conv1", 2 * width, width, 3, 3, bias=width)
    weighted(state, "downfeature.conv", 3, width, 7, 7, bias=3)
    return state


def run_coursera_resnet(state: State, image: Tensor) -> Tensor:
    def layer(name: str, x: Tensor, by: int, stride: int = 1) -> Tensor:
        return conv2d(pad(x, (by,) * 4, mode="reflect"), state[f"{name}.weight"], state[f"{name}.bias"], stride)

    x = layer("upfeature.conv", image, 3)
    for name in ("contract1.conv1", "contract2.conv1"):
        x = relu(instance_norm(layer(name, x, 1, 2)))
    for block in range(sum(name.endswith(".conv2.weight") for name in state)):
        inside = relu(instance_norm(layer(f"res{block}.conv1", x, 1)))
        x = x + instance_norm(layer(f"res{block}.conv2", inside, 1))
    for name in ("expand2.conv1", "expand3.conv1"):
        up = conv_transpose2d(x, state[f"{name}.weight"], state[f"{name}.bias"], stride=2, padding=1, output_padding=1)
        x = relu(instance_norm(up))
    return layer("downfeature.conv", x, 3).tanh()


def dcgan(channels: int = 1, z_dim: int = 10, width: int = 2, name: str = "model") -> State:
    """PyTorch's example and HugGAN: 64 pixels."""
    state: State = {}
    widths = (z_dim, 8 * width, 4 * width, 2 * width, width, channels)
    for step, (before, after) in enumerate(pairwise(widths)):
        weighted(state, f"{name}.{3 * step}", before, after, 4, 4)
        if step < 4:
            normed(state, f"{name}.{3 * step + 1}", after)
    return state


def run_dcgan(state: State, z: Tensor, name: str = "model") -> Tensor:
    x = z[:, :, None, None]
    for step in range(5):
        x = conv_transpose2d(x, state[f"{name}.{3 * step}.weight"], stride=1 + (step > 0), padding=int(step > 0))
        if step < 4:
            x = relu(kept(state, f"{name}.{3 * step + 1}", x))
    return x.tanh()


def kept(state: State, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    """A batch norm with the statistics that training kept."""
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    return batch_norm(x, mean, variance, state[f"{name}.weight"], state[f"{name}.bias"], eps=eps)


def mlp(sizes: tuple[int, ...] = (100, 32, 64, 784)) -> State:
    """PyTorch-GAN: every hidden layer but the first has a batch norm after it."""
    state: State = {}
    index = 0
    for step, (before, after) in enumerate(pairwise(sizes)):
        weighted(state, f"model.{index}", after, before, bias=after)
        index += 1
        if 0 < step < len(sizes) - 2:
            normed(state, f"model.{index}", after)
            index += 1
        index += 1
    return state


def run_mlp(state: State, z: Tensor) -> Tensor:
    x = z
    indices = sorted({int(name.split(".")[1]) for name in state})
    for index in indices:
        weight = state[f"model.{index}.weight"]
        normal = f"model.{index}.running_mean" in state
        x = kept(state, f"model.{index}", x, 0.8) if normal else x @ weight.T + state[f"model.{index}.bias"]
        if index != indices[-1] and f"model.{index + 1}.weight" not in state:
            x = leaky_relu(x, 0.2)
    return x.tanh().unflatten(1, (1, 28, 28))
