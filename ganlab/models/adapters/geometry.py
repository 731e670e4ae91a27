"""Strides and paddings, which no tensor shows: those under which a generator's maps grow from its first side to a picture's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from torch import nn

from ganlab.models.adapters.sketch import Layer, Sketch

_MAX_OPTIONS = 8
_MAX_PRODUCTS = 60_000
_SIDES = range(16, 513)
_USUAL = {
    1: {28: 0.0, 32: 0.3, 64: 0.3, 128: 0.5, 256: 0.6},
    3: {32: 0.0, 64: 0.0, 128: 0.1, 256: 0.2, 28: 0.8, 96: 1.0, 48: 1.2},
}


@dataclass(frozen=True)
class Step:
    """One convolution's geometry: transposed ("t"), plain ("c") or plain after an upsampling by two ("u")."""

    kind: str
    kernel: int
    stride: int
    padding: int
    extra: int = 0  # output padding

    def side(self, before: int) -> int:
        """The side of the maps that come out."""
        if self.kind == "t":
            return (before - 1) * self.stride - 2 * self.padding + self.kernel + self.extra
        return (before * (2 if self.kind == "u" else 1) + 2 * self.padding - self.kernel) // self.stride + 1

    def __str__(self) -> str:
        return f"{self.kind}{self.stride}p{self.padding}" + (f"o{self.extra}" if self.extra else "")


# For transposed convolutions by kernel: (stride, padding, output padding) with what makes each less likely.
_TRANSPOSED = {
    1: (((1, 0, 0), 0.0), ((1, 2, 0), 1.0)),
    2: (((2, 0, 0), 0.0), ((1, 0, 0), 2.0)),
    3: (((2, 1, 1), 0.4), ((2, 1, 0), 0.6), ((2, 0, 0), 0.8), ((1, 1, 0), 0.8), ((1, 0, 0), 1.5), ((2, 0, 1), 4.0)),
    4: (((2, 1, 0), 0.0), ((1, 0, 0), 1.2), ((2, 0, 0), 1.6), ((1, 1, 0), 2.0), ((2, 3, 0), 2.0), ((4, 0, 0), 2.5)),
    5: (((2, 2, 1), 0.2), ((1, 2, 0), 0.6), ((2, 1, 0), 1.5), ((2, 2, 0), 1.5), ((1, 0, 0), 1.5), ((2, 0, 0), 2.0)),
    6: (((2, 2, 0), 0.2), ((2, 0, 0), 1.5), ((1, 0, 0), 1.5), ((4, 1, 0), 2.0)),
    7: (((1, 3, 0), 0.3), ((2, 3, 1), 1.0), ((1, 0, 0), 1.5), ((2, 3, 0), 2.0)),
    8: (((2, 3, 0), 0.4), ((1, 0, 0), 1.5), ((4, 2, 0), 1.5)),
}  # fmt: skip


def geometries(drawn: Sketch) -> list[tuple[Step, ...]]:
    """What the convolutions can be, the likeliest first, all that end in a side that pictures have; [()] for an MLP."""
    convolutions = [layer for layer in drawn.layers if layer.is_conv]
    if not convolutions:
        return [()]
    gaps = _gaps(drawn.layers)
    choices = [list(_steps(layer, drawn, position, gaps[position])) for position, layer in enumerate(convolutions)]
    total = 1
    for options in choices:
        total *= len(options)
    if not total or total > _MAX_PRODUCTS:
        choices = [options[:2] for options in choices]
    usual = _USUAL[drawn.channels]
    found: list[tuple[float, tuple[Step, ...]]] = []
    for combination in product(*choices):
        steps = tuple(step for step, _ in combination)
        side = _final_side(drawn, steps)
        if side is not None:
            cost = _misplaced(drawn, steps) + sum(cost for _, cost in combination) + usual.get(side, 5.0) + _mixed(steps)
            found.append((cost, steps))
    ranked = sorted(found, key=lambda pair: pair[0])
    best = ranked[0][0] if ranked else 0.0
    return _distinct([steps for cost, steps in ranked if cost <= best + 2.5], drawn)


def _distinct(ranked: Sequence[tuple[Step, ...]], drawn: Sketch) -> list[tuple[Step, ...]]:
    """The first few, each once: the stride of a first convolution has no effect on a single pixel."""
    seen: dict[str, tuple[Step, ...]] = {}
    for steps in ranked:
        first = Step("t", steps[0].kernel, 1, steps[0].padding, steps[0].extra) if drawn.side == 1 else steps[0]
        seen.setdefault(written((first, *steps[1:])), (first, *steps[1:]))
    return list(seen.values())[:_MAX_OPTIONS]


def walk(drawn: Sketch, steps: Sequence[Step]) -> Iterator[tuple[int, int]]:
    """The side of the maps that each convolution gets, and of those that it gives."""
    side = drawn.side
    for layer, step in zip((layer for layer in drawn.layers if layer.is_conv), steps, strict=True):
        before = side * (2 if layer.shuffle else 1)
        side = step.side(before)
        yield before, side


def _final_side(drawn: Sketch, steps: Sequence[Step]) -> int | None:
    """The side of the picture; None where maps vanish, shrink before the last convolution, or end in no picture's side."""
    after = 0
    for place, (before, after) in enumerate(walk(drawn, steps), 1):
        if after < 1 or (after < before and place < len(steps)) or after > _SIDES[-1]:
            return None
    return after if after in _SIDES else None


def _misplaced(drawn: Sketch, steps: Sequence[Step]) -> float:
    """What it costs if the layers without tensors before a convolution are not an activation and those that the step takes."""
    cost = 0.0
    convolutions = [layer for layer in drawn.layers if layer.is_conv]
    for position, (layer, step) in enumerate(zip(convolutions, steps, strict=True)):
        index = next(place for place, one in enumerate(drawn.layers) if one is layer)
        if not index:
            continue
        before = drawn.layers[index - 1]
        enlarging = step.kind == "u" or layer.shuffle
        if before.gap_next is not None:
            taken = enlarging + (not before.is_conv and not before.norm_on_map)
            cost += 4.0 * (before.gap_next - taken not in (0, 1, 2)) + 1.0 * (before.gap_next - taken != 1)
        if step.kind == "u" and position + 1 == len(steps):
            cost += 0.6  # the last convolution rarely enlarges
    return cost


def _mixed(steps: Sequence[Step]) -> float:
    """What a mixture costs: of plain and transposed convolutions, and of paddings among those of one kernel that enlarge."""
    kinds = {step.kind == "t" for step in steps[:-1]}
    enlarging = [step for step in steps if step.kind == "t" and step.stride > 1]
    paddings = {(step.padding > 0) for step in enlarging}
    unlike = {(step.padding, step.extra, step.stride) for step in enlarging if step.kernel == enlarging[0].kernel}
    idle = sum(step.stride == 1 and step.kind == "t" and step.kernel % 2 == 0 for step in steps[1:])
    return 1.0 * (len(kinds) > 1) + 1.5 * (len(paddings) > 1) + 0.7 * max(0, len(unlike) - 1) + (0.2 if idle else 0.0)


def _steps(layer: Layer, drawn: Sketch, position: int, gap: int | None) -> Iterator[tuple[Step, float]]:
    """A layer's possible steps with their costs; `gap` counts the layers without tensors right before it."""
    kernel = layer.kernel
    if layer.transposed is not False:
        unlikely = 0.6 if layer.transposed is None and kernel % 2 else 0.0
        if position == 0 and drawn.side == 1:
            yield Step("t", kernel, 1, 0), unlikely
        else:
            for (stride, padding, extra), cost in _TRANSPOSED.get(kernel, (((2, kernel // 2 - 1, 0), 1.0),)):
                yield Step("t", kernel, stride, padding, extra), cost + unlikely
    if layer.transposed is not True and kernel % 2:
        same = kernel // 2
        yield Step("c", kernel, 1, same), 0.3
        if not layer.shuffle and gap != 0:
            yield Step("u", kernel, 1, same), 0.2
        if same:
            yield Step("c", kernel, 1, 0), 2.5


def _gaps(layers: Sequence[Layer]) -> list[int | None]:
    """For each convolution, how many layers without tensors lie before it."""
    before = [None, *(layer.gap_next for layer in layers)]
    return [gap for gap, layer in zip(before, layers, strict=False) if layer.is_conv]


def written(steps: Sequence[Step]) -> str:
    """ "t1p0 t2p1 t2p1": kind, stride and padding of each convolution."""
    return " ".join(map(str, steps))


def modules(layer: Layer, step: Step, upsampling: str) -> list[nn.Module]:
    """The convolution, with what enlarges its input before it."""
    inputs, outputs = layer.part.weight.shape[:2] if step.kind == "t" else layer.part.weight.shape[1::-1]
    bias = layer.part.bias is not None
    if step.kind == "t":
        return [nn.ConvTranspose2d(inputs, outputs, step.kernel, step.stride, step.padding, step.extra, bias=bias)]
    before: list[nn.Module] = [nn.PixelShuffle(2)] if layer.shuffle else []
    if step.kind == "u":
        before = [nn.Upsample(scale_factor=2, mode=upsampling)]
    return [*before, nn.Conv2d(inputs, outputs, step.kernel, step.stride, step.padding, bias=bias)]
