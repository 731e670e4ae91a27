"""A generator as an ONNX file, which draws without PyTorch: in a browser, in a phone's app, in another language.

Inputs `z` (n, z_dim) and, for a model with labels, `label` (n, classes): how much of each class, so that classes mix. Output
`image` (n, C, S, S) in [-1, 1]. What the file of a foreign network left open stands in the metadata under `ganlab.decisions`, as
JSON: a list of setting, value and basis.
"""

from __future__ import annotations

import io
import json
import threading
import warnings
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from ganlab.models.pipeline import Pipeline

OPSET = 17
DECISIONS = "ganlab.decisions"  # the name in the metadata
_ONE_AT_A_TIME = threading.Lock()  # tracing is global to PyTorch


class _Drawing(nn.Module):
    """The generator with a mixture as its label."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z (n, z_dim), label (n, classes) -> (n, C, S, S)."""
        return self.generator(z, label).contiguous()


def to_onnx(pipeline: Pipeline) -> bytes:
    """The ONNX file of what `pipeline.generate` draws with, in float32.

    ValueError, one sentence, for a model that translates, for one with a layer that ONNX does not know, and without the package.
    """
    if pipeline.translates:
        raise ValueError(f"{pipeline.name} translates photos: only models that draw from z are exported.")
    try:
        import onnx  # noqa: F401, PLC0415  (PyTorch's exporter needs it)
    except ImportError:
        raise ValueError("Exporting to ONNX needs the package onnx: pip install onnx.") from None
    names = ["z", "label"] if pipeline.conditional else ["z"]
    given: tuple[Tensor, ...] = (pipeline.latents(2, 0),)
    if pipeline.conditional:
        given += (torch.eye(2, pipeline.spec.num_classes),)
    with _ONE_AT_A_TIME:
        data = _traced(pipeline, given, names)
    return _with_decisions(data, pipeline) if pipeline.decisions or pipeline.unused else data


def _with_decisions(data: bytes, pipeline: Pipeline) -> bytes:
    """The same file, saying what was decided: z may have to be drawn otherwise, and another program cannot know."""
    import onnx  # noqa: PLC0415  (not installed everywhere)

    model = onnx.load_model_from_string(data)
    decided = json.dumps([asdict(decision) for decision in pipeline.decisions])
    properties = {"ganlab.model": pipeline.title, DECISIONS: decided, "ganlab.unused_tensors": str(len(pipeline.unused))}
    onnx.helper.set_model_props(model, properties)
    return bytes(model.SerializeToString())


def _traced(pipeline: Pipeline, given: tuple[Tensor, ...], names: list[str]) -> bytes:
    file = io.BytesIO()
    drawing = _Drawing(pipeline.generator).eval()
    _teach()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the exporter that needs fewest packages announces its successor
            torch.onnx.export(
                drawing,
                tuple(tensor.to(pipeline.device) for tensor in given),
                file,  # type: ignore[arg-type]  # a path, say its types; a buffer does as well
                input_names=names,
                output_names=["image"],
                dynamic_axes={name: {0: "n"} for name in (*names, "image")},
                opset_version=OPSET,
                dynamo=False,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).splitlines()[0][:150]
        raise ValueError(f"{pipeline.name} has a layer that ONNX does not know ({reason}).") from None
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
