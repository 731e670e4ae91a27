"""Translators by structure: convolutions that halve, residual blocks or none, and what enlarges again, with or without skips.

Course homework and small CycleGANs are written so. Batch norms in a row tell the activation; nothing in such a file tells padding
or the place of norms without weights: these are assumed, and listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from ganlab.core.types import Conditioning
from ganlab.models.adapters import drawing, evidence
from ganlab.models.adapters.foreign import Basis, Foreign
from ganlab.models.adapters.layout import Layout, Misfit, Tensors, Unfilled, translator
from ganlab.models.adapters.settings import ACTIVATIONS, OUTPUTS, Options, chosen, decisions, with_assumed
from ganlab.models.adapters.stages import RESIDUAL, Stage, Strides, chain, possible_strides, written
from ganlab.models.adapters.structure import Part, orders, parts

_SIZES = ("128", "32", "64", "256", "28")


def read(tensors: Tensors, assume: Mapping[str, str]) -> Foreign | Misfit | None:
    """The translator that the tensors make in the order of the file or of their names."""
    best: Misfit | None = None
    for order in orders(parts(tensors)):
        found = chain(order)
        if isinstance(found, Misfit):
            best = found if best is None or found.fitted > best.fitted else best
            continue
        strides = possible_strides(found)
        if strides:
            return _foreign(found, strides, assume)
        best = Misfit(len(order), order[-1].first_tensor)
    return best


class Translating(nn.Module):
    """image (B, C, H, W) -> image (B, C', H, W): stages in a row, residual blocks added, skips laid beside."""

    def __init__(self, stages: Sequence[Stage], strides: Strides, choice: Mapping[str, str]) -> None:
        super().__init__()
        self.plan, self.choice = tuple((stage.skip, stage.block) for stage in stages), dict(choice)
        self.filled: list[tuple[nn.Module, Part]] = []
        self.stages = nn.ModuleList(self._stage(stages, place, strides[place]) for place in range(len(stages)))
        halving = [stride[0] == 2 and not stage.layer.transposed for stage, stride in zip(stages, strides, strict=True)]
        self.multiple = 2 ** sum(halving)
        self.after_block = drawing.activation(choice["activation"]) if choice.get("after block") == "activation" else None

    def _stage(self, stages: Sequence[Stage], place: int, geometry: tuple[int, int, int]) -> nn.Module:
        stage, choice = stages[place], self.choice
        layer, (stride, padding, extra) = stage.layer, geometry
        bias, found = layer.part.bias is not None, list[nn.Module]()
        last_of_block = stage.block is not None and (place + 1 == len(stages) or stages[place + 1].block != stage.block)
        if layer.transposed:
            found.append(nn.ConvTranspose2d(layer.ins, layer.outs, layer.kernel, stride, padding, extra, bias=bias))
        else:
            found += [nn.Upsample(scale_factor=2)] if stride < 0 else []
            mode: Literal["reflect", "zeros"] = "reflect" if choice["padding"] == "reflect" and padding else "zeros"
            found.append(nn.Conv2d(layer.ins, layer.outs, layer.kernel, max(1, stride), padding, bias=bias, padding_mode=mode))
        self.filled.append((found[-1], layer.part))
        if place + 1 == len(stages):
            return nn.Sequential(*found, *drawing.ends(choice["output"]))
        if layer.norm:
            found.append(self._norm(layer.norm))
        elif choice.get("instance norm") == "everywhere" or (choice.get("instance norm") == "all but the first" and place):
            found.append(nn.InstanceNorm2d(layer.outs))
        if layer.slope:
            found.append(nn.PReLU(layer.slope.features))
            self.filled.append((found[-1], layer.slope))
        elif not (last_of_block and choice["residual"] == "added"):
            found.append(drawing.activation(choice["activation"]) or nn.ReLU())
        return nn.Sequential(*found)

    def _norm(self, part: Part) -> nn.Module:
        affine, epsilon = "weight" in part.tensors, float(self.choice["epsilon"])
        if "running_mean" in part.tensors:
            made: nn.Module = nn.BatchNorm2d(part.features, epsilon, affine=affine)
        else:
            made = nn.InstanceNorm2d(part.features, epsilon, affine=affine)
        self.filled.append((made, part))
        return made

    def forward(self, image: Tensor) -> Tensor:
        x = (image + 1) / 2 if self.choice["input"] == "0 to 1" else image
        outputs: list[Tensor] = []
        entered: tuple[int | None, Tensor] = (None, x)
        for place, (stage, (skip, block)) in enumerate(zip(self.stages, self.plan, strict=True)):
            if block is not None and block != entered[0]:
                entered = (block, x)
            if skip is not None:
                both = [x, outputs[skip]]
                x = torch.cat(both[::-1] if self.choice.get("skips") == "encoder first" else both, dim=1)
            x = stage(x)
            ends = block is not None and (place + 1 == len(self.plan) or self.plan[place + 1][1] != block)
            if ends and self.choice["residual"] == "added":
                x = x + entered[1]
                x = self.after_block(x) if self.after_block else x
            outputs.append(x)
        return x


def _options(stages: Sequence[Stage], strides: Sequence[Strides]) -> Options:
    """Every setting that the file leaves open, with its values, the likeliest first."""
    named = any(stage.layer.part.says(RESIDUAL) for stage in stages)
    blocks = {stage.block for stage in stages} - {None}
    single = len(blocks) == sum(stage.block is not None for stage in stages)
    bare = all(stage.layer.norm is None for stage in stages)
    # A convolution that ends in a norm needs no bias: one without either had a norm without weights.
    biased = all(stage.layer.part.bias is not None for stage in stages[1:-1])
    options: Options = {"activation": ACTIVATIONS, "padding": ("zeros", "reflect"), "input": ("-1 to 1", "0 to 1")}
    if not bare:
        options["epsilon"] = ("1e-05", "0.001", "0.8")
    options["residual"] = ("added",) if named or not blocks else ("added", "in a row")
    if blocks:
        options["after block"] = ("activation", "nothing") if single else ("nothing", "activation")
    if bare:
        options["instance norm"] = (
            ("none", "everywhere", "all but the first") if biased else ("everywhere", "all but the first", "none")
        )
    if any(stage.skip is not None for stage in stages):
        options["skips"] = ("decoder first", "encoder first")
    if len(strides) > 1:
        options["strides"] = tuple(written(one) for one in strides)
    return options | {"output": OUTPUTS, "size": _SIZES}


def _heard(stages: Sequence[Stage], strides: Strides) -> tuple[str, ...]:
    """The activations under which batch norms that follow each other agree, the likeliest first; () where nothing tells."""
    pairs = [
        (first.layer.norm, second.layer, stride)
        for first, second, (stride, _, _) in zip(stages, stages[1:], strides[1:], strict=False)
        if first.block is None and second.skip is None and not first.layer.slope
    ]
    kept = [
        (norm.tensors, layer, layer.norm, stride)
        for norm, layer, stride in pairs
        if norm and layer.norm and "weight" in norm.tensors and "running_mean" in layer.norm.tensors
    ]
    if not kept or not evidence.has_statistics([after for _, _, after, _ in kept]):
        return ()
    errors = {}
    for value in ACTIVATIONS:
        bend, found = drawing.activation(value), list[torch.Tensor]()
        for before, layer, after, stride in kept:
            weight, area = layer.part.weight, stride**2 if layer.transposed else 1
            weight = weight.transpose(0, 1) if layer.transposed else weight
            found.append(evidence.mean_error(before, bend or nn.ReLU(), weight, layer.part.bias, area, after.tensors))
        errors[value] = evidence.Error(torch.cat(found), sum(float(one.mean()) for one in found) / len(found))
    best = min(errors.values(), key=lambda error: error.distance)
    if best.distance > evidence.FITS:
        return ()
    likeliest, possible = evidence.left(errors, best)
    return (likeliest, *(value for value in possible if value != likeliest))


def _readable(setting: str, value: str) -> bool:
    return setting == "activation" and drawing.activation(value) is not None


def _foreign(stages: Sequence[Stage], strides: list[Strides], assume: Mapping[str, str]) -> Foreign:
    options = with_assumed(_options(stages, strides), assume, _readable)
    choice, bases = chosen(options, assume)
    heard = () if "activation" in assume else _heard(stages, strides[0])
    if heard:
        choice["activation"] = heard[0]
        bases["activation"] = Basis.EVIDENCE if len(heard) == 1 else Basis.ASSUMED
        options["activation"] = heard if len(heard) > 1 else options["activation"]
    geometry = next((one for one in strides if written(one) == choice.get("strides")), strides[0])
    with torch.device("meta"), Unfilled():
        network = Translating(stages, geometry, choice)
    for layer, part in network.filled:
        drawing.fill(layer, part)
    drawing.own(network.eval())
    blocks = len({stage.block for stage in stages} - {None})
    title = f"encoder-decoder of {len(stages)} convolutions" + (f", {blocks} residual blocks" if blocks else "")
    channels = (stages[0].layer.ins, stages[-1].layer.outs)
    skips = any(stage.skip is not None for stage in stages)
    conditioning = Conditioning.PAIRED if skips else Conditioning.UNPAIRED
    return replace(
        translator(title, network, channels, int(choice["size"]), conditioning), decisions=decisions(options, choice, bases)
    )


LAYOUT = Layout("a translator of convolutions", read)
