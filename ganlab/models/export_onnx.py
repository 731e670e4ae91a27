"""A generator as an ONNX file, which draws without PyTorch: in a browser, in a phone's app, in another language.

Inputs `z` (n, z_dim) and, for a model with labels, `label` (n, classes): how much of each class, so that classes mix. Of a model
that translates, `photo` (n, C, H, W) in [-1, 1], whose sides are any multiples of `ganlab.multiple` in the metadata. Output
`image` (n, C, H, W) in [-1, 1]. What the file of a foreign network left open stands in the metadata under `ganlab.decisions`, as
JSON: a list of setting, value and basis.

PyTorch's current exporter is used where onnxscript is installed. The older one, which traces a call, takes a tenth of the time,
as a page that draws in the browser needs it, and knows the self-conditioned generator's layers.
"""

from __future__ import annotations

import io
import json
import math
import threading
import warnings
from collections.abc import Collection
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.models.pipeline import Pipeline

OPSET = 17  # of the older exporter
DECISIONS = "ganlab.decisions"  # the name in the metadata
_ONE_AT_A_TIME = threading.Lock()  # tracing is global to PyTorch


class _Drawing(nn.Module):
    """The generator with a mixture as its label."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z (n, z_dim), label (n, classes) -> (n, C, S, S)."""
        return self.generator.forward(z, label).contiguous()  # without what a pipeline checks of each call


def to_onnx(pipeline: Pipeline, *, direction: str | None = None, traced: bool = False) -> bytes:
    """The ONNX file of what `pipeline.generate` draws with, or `pipeline.translate` in a `direction`, in float32.

    `traced` takes the older exporter. ValueError, one sentence, for a direction that the model does not know, for a layer that
    ONNX does not know, and without the package.
    """
    if find_spec("onnx") is None:
        raise ValueError("Exporting to ONNX needs the package onnx: pip install onnx.")
    network, given = _call(pipeline, direction)
    current = not traced and find_spec("onnxscript") is not None
    with _ONE_AT_A_TIME, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # each exporter announces others
        data = (_exported(network, given) if current else None) or _traced(network, given, pipeline.name)
    return _noted(data, pipeline, network)


def _call(pipeline: Pipeline, direction: str | None) -> tuple[nn.Module, dict[str, Tensor]]:
    """The network, and what it is called with while it is exported, by the names of the inputs."""
    if pipeline.translates:
        routes = pipeline.routes
        if direction is not None and direction not in routes:
            raise ValueError(f"{pipeline.name} leads {' and '.join(routes)}, not {direction}.")
        network = routes[direction or next(iter(routes))]
        side = 2 * math.lcm(int(getattr(network, "multiple", 4)), 64)
        return network, {"photo": torch.zeros(2, pipeline.spec.channels, side, side, device=pipeline.device)}
    if direction is not None:
        raise ValueError(f"{pipeline.name} draws from z: only models that translate photos have a direction.")
    given = {"z": pipeline.latents(2, 0)}
    if pipeline.conditional:
        given["label"] = torch.eye(2, pipeline.spec.num_classes)
    return _Drawing(pipeline.generator).eval(), {name: tensor.to(pipeline.device) for name, tensor in given.items()}


def _noted(data: bytes, pipeline: Pipeline, network: nn.Module) -> bytes:
    """The same file with what another program cannot know: what was decided (how z is drawn, say), and which sides fit."""
    onnx: Any = import_module("onnx")
    model = onnx.load_model_from_string(data)
    properties = {"ganlab.model": pipeline.title}
    if pipeline.translates:
        properties["ganlab.multiple"] = str(getattr(network, "multiple", 4))
    if pipeline.decisions or pipeline.unused:
        decided = json.dumps([asdict(decision) for decision in pipeline.decisions])
        properties |= {DECISIONS: decided, "ganlab.unused_tensors": str(len(pipeline.unused))}
    onnx.helper.set_model_props(model, properties)
    return bytes(model.SerializeToString())


def _exported(network: nn.Module, given: dict[str, Tensor]) -> bytes | None:
    """By PyTorch's current exporter; None where that does not know a layer."""
    count, side = torch.export.Dim("n"), torch.export.Dim.AUTO
    free = {name: {0: count, 2: side, 3: side} if name == "photo" else {0: count} for name in given}
    try:
        program = torch.onnx.export(
            network,
            tuple(given.values()),
            input_names=list(given),
            output_names=["image"],
            dynamic_shapes=tuple(free.values()),
            dynamo=True,
            verbose=False,
        )
    except Exception:  # what it raises is not documented; the older exporter knows some layers more
        return None
    if program is None or not all(_is_free(one, free[one.name]) for one in program.model_proto.graph.input):
        return None  # a size that was to be free is fixed, without an error
    return bytes(program.model_proto.SerializeToString())


def _is_free(described: Any, sizes: Collection[int]) -> bool:
    """Whether an input of the file takes any size there."""
    return all(described.type.tensor_type.shape.dim[place].dim_param for place in sizes)


def _traced(network: nn.Module, given: dict[str, Tensor], name: str) -> bytes:
    """By the older exporter."""
    file = io.BytesIO()
    sides = {0: "n", 2: "height", 3: "width"}
    _teach()
    try:
        torch.onnx.export(
            network,
            tuple(given.values()),
            file,  # type: ignore[arg-type]  # a path, say its types; a buffer does as well
            input_names=list(given),
            output_names=["image"],
            dynamic_axes={key: sides if "photo" in given else {0: "n"} for key in (*given, "image")},
            opset_version=OPSET,
            dynamo=False,
        )
    except (torch.onnx.errors.OnnxExporterError, AssertionError) as error:
        reason = str(error).splitlines()[0][:150]
        raise ValueError(f"{name} has a layer that ONNX does not know ({reason}).") from None
    return file.getvalue()


def _teach() -> None:
    """What the self-conditioned generator needs beside the usual layers; registering twice is harmless."""
    torch.onnx.register_custom_op_symbolic("aten::special_ndtr", _ndtr, OPSET)
    torch.onnx.register_custom_op_symbolic("aten::searchsorted", _searchsorted, OPSET)


def _constant(g: Any, value: float) -> Any:
    return g.op("Constant", value_t=torch.tensor(value))


def _ndtr(g: Any, x: Any) -> Any:
    """The normal distribution function: (1 + erf(x / sqrt 2)) / 2."""
    erf = g.op("Erf", g.op("Mul", x, _constant(g, 0.5**0.5)))
    return g.op("Mul", _constant(g, 0.5), g.op("Add", _constant(g, 1.0), erf))


def _searchsorted(g: Any, sorted_values: Any, values: Any, *_: Any) -> Any:
    """Of each value how many sorted ones are below it."""
    column = g.op("Unsqueeze", values, g.op("Constant", value_t=torch.tensor([1])))
    below = g.op("Cast", g.op("Less", sorted_values, column), to_i=7)  # int64
    return g.op("ReduceSum", below, g.op("Constant", value_t=torch.tensor([1])), keepdims_i=0)
