"""Generators that draw from z, by structure: perceptrons, and convolutions with or without a linear layer in front.

What the file leaves open is decided by its numbers where they tell (see evidence), by the user, or assumed, and always listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from torch import Tensor

from ganlab.core.types import Conditioning, DataSpec
from ganlab.models.adapters import drawing, evidence, geometry
from ganlab.models.adapters.foreign import Basis, Foreign
from ganlab.models.adapters.layout import Layout, Misfit, Tensors
from ganlab.models.adapters.settings import ACTIVATIONS, OUTPUTS, Options, chosen, decisions, with_assumed
from ganlab.models.adapters.sketch import Sketch, sketch
from ganlab.models.adapters.structure import orders, parts

_TRIED = (*ACTIVATIONS, "leaky_relu(0.1)", "leaky_relu(0.3)", "silu", "mish", "hardswish", "softplus", "none")
_EPSILONS = ("1e-05", "0.001", "0.8", "1e-05 then 0.8")
_AFTER_FC = ("activation", "nothing", "leaky_relu(0.2)", "relu")
_DISTRIBUTIONS = ("normal", "uniform(-1,1)", "uniform(0,1)")
_CLASSES = 10
# Settings that are weighed together, and the number of batch norms that it takes to tell their values apart.
_GROUPS = (
    (("label", "z"), 1),
    (("activation", "order"), 99),
    (("after fc", "epsilon"), 99),
    (("strides", "upsampling"), 99),
)
# One value of each sort, for the first look at all settings together.
_COARSE = {"activation": ("relu", "leaky_relu(0.2)", "elu", "tanh"), "epsilon": ("1e-05", "0.8", "1e-05 then 0.8")}
_PRODUCTS, _TOUCHED, _PICTURES = 3e8, 40, range(8, 97)  # multiplications in a pass, what a number costs


# What was decided for the files seen last, by digest and assumptions.
_HEARD: dict[tuple[object, ...], tuple[Options, dict[str, str], dict[str, Basis]]] = {}
_MOST_HEARD = 64


def read(tensors: Tensors, assume: Mapping[str, str]) -> Foreign | Misfit | None:
    """The generator that the tensors make in the order of the file or of their names."""
    best: Misfit | None = None
    for order in orders(parts(tensors)):
        drawn = sketch(order)
        if isinstance(drawn, Sketch):
            steps = geometry.geometries(drawn)
            if steps:
                return _Open(drawn, steps, assume, _known(tensors)).foreign()
            drawn = Misfit(len(order), order[-1].first_tensor)
        if best is None or drawn.fitted > best.fitted:
            best = drawn
    return best


@dataclass(frozen=True)
class _Known:
    """What the names suggest about the code base: only ever a first guess."""

    pytorch_gan: bool  # l1, conv_blocks
    blocks: bool  # every layer a numbered Sequential in a numbered Sequential: "0.0.weight", "0.1.weight"


def _known(tensors: Tensors) -> _Known:
    modules = {name.rpartition(".")[0] for name in tensors}
    numbered = [module.split(".") for module in modules]
    return _Known(
        pytorch_gan=any(module.startswith(("l1", "conv_blocks")) for module in modules),
        blocks=all(part.isdecimal() for module in numbered for part in module) and any(len(module) == 2 for module in numbered),
    )


class _Open:
    """A sketch with the settings that it leaves open."""

    def __init__(self, drawn: Sketch, steps: list[tuple[geometry.Step, ...]], assume: Mapping[str, str], known: _Known) -> None:
        self.drawn, self.assume, self.known = drawn, assume, known
        self.geometries = {geometry.written(one): one for one in steps}
        self.tried: dict[tuple[tuple[str, str], ...], evidence.Error] = {}
        self.options = with_assumed(self._options(), assume, self._readable)
        self.choice, self.bases = chosen(self.options, assume)
        for setting in ("order", "after fc"):  # the names may have settled it
            if setting in self.options and setting not in assume and not self._matters(setting, self.options[setting]):
                del self.options[setting]

    def _options(self) -> Options:
        """Every open setting with its values, the likeliest first."""
        drawn, known = self.drawn, self.known
        normed = [layer for layer in drawn.layers if layer.norm]
        perceptron = drawn.picture is not None
        in_row = perceptron and bool(normed) and not known.blocks
        leaky_first = in_row or known.pytorch_gan or (perceptron and drawn.embedding is not None)
        options: Options = {"label": self._labels(), "z": _DISTRIBUTIONS}
        if self._bends():
            options["activation"] = _first("leaky_relu(0.2)", ACTIVATIONS) if leaky_first else ACTIVATIONS
        if normed and any(self._order_is_open(position) for position in range(len(drawn.layers) - 1)):
            options["order"] = ("norm, activation", "activation, norm")
        if drawn.norms:
            usual = "0.8" if in_row else "1e-05 then 0.8" if known.pytorch_gan and not perceptron else "1e-05"
            values = _EPSILONS if len(drawn.norms) > 1 else _EPSILONS[:-1]
            options["epsilon"] = _first(usual, values) if usual in values else values
        if any("running_mean" not in norm.tensors for norm in drawn.norms) and not perceptron:
            options["norm"] = ("instance", "group")
        if not perceptron and any(not layer.is_conv and layer.gap_next is None for layer in drawn.layers):
            options["after fc"] = _first("nothing" if known.pytorch_gan else "activation", _AFTER_FC)
        if len(self.geometries) > 1:
            options["strides"] = tuple(self.geometries)
        if any(step.kind == "u" for steps in self.geometries.values() for step in steps):
            options["upsampling"] = ("nearest", "bilinear")
        options["output"] = _first("sigmoid", OUTPUTS) if perceptron and known.blocks else OUTPUTS
        return options

    def _bends(self) -> bool:
        return any(not layer.slope for layer in self.drawn.layers[:-1])

    def _order_is_open(self, position: int) -> bool:
        layer, after = self.drawn.layers[position], self.drawn.layers[position + 1]
        inside, _ = drawing.places(self.drawn, layer, after, next(iter(self.geometries.values())))
        return layer.norm is not None and not layer.slope and inside is None

    def _labels(self) -> tuple[str, ...]:
        drawn = self.drawn
        if drawn.branch:
            return ("beside last", "beside first")
        if drawn.embedding:
            if drawn.embedding.weight.shape[1] == drawn.features:
                return ("multiplied", "added")
            return ("embedding first", "embedding last") if self._louder_end else ("embedding last", "embedding first")
        loud = self._loud
        found = [f"one-hot {'first' if loud.first else 'last'} {loud.classes}"] if loud else []
        if self.known.blocks and drawn.features == 74 and not loud:  # Coursera's conditional generator: z 64 and 10 classes
            found = ["one-hot last 10"]
        usual = [f"one-hot {end} {_CLASSES}" for end in ("last", "first") if drawn.features > _CLASSES + 1]
        return tuple(dict.fromkeys([*found, "none", *usual]))

    @cached_property
    def _columns(self) -> Tensor:
        """The first weight by its inputs, (features, …)."""
        first = self.drawn.layers[0]
        return first.part.weight if first.is_conv else first.part.weight.T

    @cached_property
    def _loud(self) -> evidence.Loud | None:
        """The block of columns that a one-hot label made loud."""
        return None if self.drawn.embedding or self.drawn.branch else evidence.loud_columns(self._columns)

    @cached_property
    def _louder_end(self) -> bool | None:
        """Whether a label's vector lies before z, as the columns' loudness tells; None where it does not."""
        width = self.drawn.embedding.weight.shape[1] if self.drawn.embedding else 0
        return evidence.louder_end(self._columns, width) if 0 < width < self.drawn.features else None

    def _readable(self, setting: str, value: str) -> bool:
        if setting == "activation":
            return drawing.activation(value) is not None
        if setting == "label":
            return drawing.label(self.drawn, value) is not None
        if setting == "epsilon":
            try:
                return 0 < float(value) <= 1
            except ValueError:
                return False
        return False

    def foreign(self) -> Foreign:
        """The network under the best decisions, with all of them listed."""
        if (self._loud or self._louder_end is not None) and "label" not in self.assume:
            self.bases["label"] = Basis.EVIDENCE
        if evidence.has_statistics(self.drawn.norms):
            self._recall()
        way = self._way(self.choice)
        network = self._network(self.choice)
        drawing.own(network)
        side = self._side()
        spec = DataSpec(side, self.drawn.channels, Conditioning.LABEL if way.classes else Conditioning.NONE, way.classes)
        labels = tuple(map(str, range(way.classes)))
        z_dim = drawing.z_dim(self.drawn, way)
        return Foreign(
            self._title(side, way), {"G": network}, spec, z_dim, labels, decisions(self.options, self.choice, self.bases)
        )

    @torch.inference_mode()
    def _matters(self, setting: str, values: tuple[str, ...]) -> bool:
        """Whether a setting's values give different pictures."""
        way = self._way(self.choice)
        z = evidence.latents(2, drawing.z_dim(self.drawn, way), "normal")
        label = torch.arange(2) % way.classes if way.classes else None
        first, *others = (self._network({**self.choice, setting: value})(z, label) for value in values)
        return any(not torch.equal(first, other) for other in others)

    def _side(self) -> int:
        *_, (_, side) = [(0, self.drawn.side), *geometry.walk(self.drawn, self._steps(self.choice))]
        return self.drawn.picture[1] if self.drawn.picture else side

    def _title(self, side: int, way: drawing.Label) -> str:
        beside = {"none": "", "one-hot": ", one-hot label", "branch": ", label branch"}.get(way.way, ", label embedding")
        if self.drawn.picture:
            return f"MLP of {len(self.drawn.layers)} layers{beside}"
        return f"{'DCGAN' if self._transposed() else 'Upsampling generator'}, {side} pixels{beside}"

    def _transposed(self) -> bool:
        return any(step.kind == "t" for step in self._steps(self.choice))

    def _steps(self, choice: Mapping[str, str]) -> tuple[geometry.Step, ...]:
        return self.geometries.get(choice.get("strides", ""), next(iter(self.geometries.values())))

    def _way(self, choice: Mapping[str, str]) -> drawing.Label:
        return drawing.label(self.drawn, choice["label"]) or drawing.Label()

    def _network(self, choice: Mapping[str, str]) -> drawing.Drawing:
        return drawing.network(self.drawn, choice, self._steps(choice))

    @cached_property
    def _pictures(self) -> int:
        """How many pictures a pass draws: enough for the statistics of vectors, but bounded in time for large maps."""
        walk, products = geometry.walk(self.drawn, self._steps(self.choice)), 0
        for layer in self.drawn.layers:
            area = max(next(walk)) ** 2 if layer.is_conv else 1
            products += (layer.part.weight.numel() + _TOUCHED * layer.outs) * area
        return max(_PICTURES[0], min(_PICTURES[-1], int(_PRODUCTS / products)))

    def _error(self, choice: Mapping[str, str], at_most: int, few: bool = False) -> evidence.Error:
        n = 2048 if self.drawn.picture else 1024 if at_most < 99 else self._pictures
        n = max(_PICTURES[0], n // 4) if few else n
        key = (*sorted(choice.items()), ("", f"{at_most} {n}"))
        if key not in self.tried:
            z_dim = drawing.z_dim(self.drawn, self._way(choice))
            self.tried[key] = evidence.error(self._network(choice), z_dim, choice["z"], n, at_most)
        return self.tried[key]

    def _recall(self) -> None:
        """Listen to a file's statistics once in a process: it takes seconds for large maps."""
        key = (self._digest(), *sorted(self.assume.items()))
        if key not in _HEARD:
            self._listen()
            if len(_HEARD) >= _MOST_HEARD:
                _HEARD.clear()
            _HEARD[key] = (dict(self.options), dict(self.choice), dict(self.bases))
        options, choice, bases = _HEARD[key]
        self.options, self.choice, self.bases = dict(options), dict(choice), dict(bases)

    def _digest(self) -> str:
        """Of every tensor's name, shape and numbers."""
        found = hashlib.blake2b(digest_size=16)
        drawn = self.drawn
        layers = [*drawn.layers, *([drawn.branch] if drawn.branch else [])]
        parts_ = [part for layer in layers for part in (layer.part, layer.norm, layer.slope) if part]
        for part in [*parts_, *([drawn.embedding] if drawn.embedding else [])]:
            for name, tensor in part.tensors.items():
                found.update(f"{part.name} {name} {tuple(tensor.shape)} {part.gap}".encode("utf-8", "backslashreplace"))
                found.update(tensor.detach().to(torch.float32).contiguous().numpy().tobytes())
        return found.hexdigest()

    def _listen(self) -> None:
        """Choose the values under which the network gives the statistics that its batch norms kept."""
        every = dict(self.options)
        if "activation" in every:
            every["activation"] = tuple(dict.fromkeys([*every["activation"], *_TRIED]))
        few = {setting: _COARSE.get(setting, values[:3]) for setting, values in every.items()}
        few["label"] = every["label"]
        self._search(("label", "z", "activation", "order"), 1, few)
        self._search(("activation", "order", "epsilon", "strides"), 99, few, few=True)
        for settings, at_most in (*_GROUPS[1:], *_GROUPS):
            self._search(settings, at_most, every)
        if self._error(self.choice, 99).distance > evidence.SHARP and len(every.get("strides", ())) > 1:
            # A wrong activation under wrong strides can look better than either alone.
            self._search(("activation", "strides"), 99, every, few=True)
            for settings, at_most in _GROUPS:
                self._search(settings, at_most, every)
        if self._error(self.choice, 99).distance > evidence.FITS:
            # Nothing agrees: these are not the statistics of this network, and decide nothing.
            self.choice, _ = chosen(self.options, self.assume)
            return
        for settings, at_most in _GROUPS:
            for setting in settings:
                if setting in self.options and setting not in self.assume:
                    beside = few.get("activation", ()) if at_most == 1 and "activation" not in self.assume else ()
                    self._weigh(setting, every[setting], at_most, beside)

    def _weigh(self, setting: str, values: tuple[str, ...], at_most: int, activations: tuple[str, ...]) -> None:
        """Whether the statistics tell a setting's values apart; among those that they do not, take the likeliest.

        Each value has its best activation beside it where one may lie before the first norm: two wrongs can look right.
        """
        errors: dict[str, evidence.Error] = {}
        for value in values:
            choices = [{**self.choice, setting: value, "activation": one} for one in activations] or [
                {**self.choice, setting: value}
            ]
            errors[value] = min((self._error(choice, at_most) for choice in choices), key=lambda error: error.distance)
        self.choice[setting], possible = evidence.left(errors, errors[self.choice[setting]])
        if len(possible) == 1:
            self.bases[setting] = Basis.EVIDENCE
        else:
            self.options[setting] = possible

    def _search(
        self, settings: tuple[str, ...], at_most: int, candidates: Mapping[str, tuple[str, ...]], *, few: bool = False
    ) -> None:
        """The best combination of some settings, the others as they are."""
        free = [setting for setting in settings if setting in self.options and setting not in self.assume]
        combinations = product(*(candidates[setting] for setting in free))
        tried = [{**self.choice, **dict(zip(free, values, strict=True))} for values in combinations]
        self.choice = min(tried, key=lambda choice: self._error(choice, at_most, few).distance)


def _first(value: str, values: tuple[str, ...]) -> tuple[str, ...]:
    return (value, *(other for other in values if other != value))


LAYOUT = Layout("a generator that draws from z", read)
