"""The generator as ONNX: it draws what the server draws, on another engine."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab import Pipeline
from ganlab.__main__ import main
from ganlab.app.api import generators, pictures
from ganlab.models import catalogue as models
from ganlab.models.export_onnx import to_onnx

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install -r requirements-dev.txt")
DRAWING = [model.name for model in models.models() if model.origin == "shipped" and not model.translates]


def drawn(file: bytes, z: torch.Tensor, label: torch.Tensor | None = None) -> np.ndarray:
    """uint8 (n, C, S, S) by onnxruntime, as local.js makes bytes of it."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    feeds = {"z": z.numpy()} | ({} if label is None else {"label": label.numpy()})
    return np.clip(np.round((session.run(None, feeds)[0] + 1) * 127.5), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", DRAWING)
def test_pictures_agree_to_one_level(name: str) -> None:
    pipeline = Pipeline.load(name)
    z = pipeline.latents(24, seed=5)
    label = torch.eye(pipeline.spec.num_classes)[torch.arange(24) % pipeline.spec.num_classes] if pipeline.conditional else None
    if label is not None:
        label[0] = pipeline.mixture(1, 2, 0.3)
    ours, theirs = pipeline.generate(z, label).numpy().astype(int), drawn(to_onnx(pipeline), z, label).astype(int)
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() <= 1 and ours.std() > 10


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shapes.onnx"
    assert main(["export", "shapes-quick", "--onnx", "-o", str(path)]) == 0
    assert drawn(path.read_bytes(), torch.zeros(1, Pipeline.load("shapes-quick").z_dim), torch.eye(10)[:1]).shape == (
        1,
        1,
        28,
        28,
    )
    assert main(["export", "horse2zebra-light", "--onnx", "-o", str(path)]) == 2
    assert "translates photos: only models that draw from z are exported" in capsys.readouterr().err


def test_without_the_package_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ValueError, match="needs the package onnx: pip install onnx"):
        to_onnx(Pipeline.load("shapes-quick"))


def test_the_browser_gets_generator_latent_and_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(Starlette(routes=generators.routes()))
    file = client.get("/api/generator?model=shapes-quick")
    facts = client.get("/api/latent?model=shapes-quick&seed=7").json()
    pipeline = Pipeline.load("shapes-quick")
    assert file.headers["x-step"] == str(facts["step"]) and facts["classes"] == 10
    terms = {name: torch.tensor(vectors) for name, vectors in facts["terms"].items()}
    assert torch.equal(terms["truncation"], pipeline.latents(1, 7))
    assert torch.equal(terms["offsets"], pipeline.directions)
    state = {"truncation": (0.7,), "offsets": (1.5, -2.0)}
    added = sum(torch.tensor(values) @ terms[name][: len(values)] for name, values in state.items())
    order = pictures.Order("shapes-quick", 7, truncation=0.7, offsets=state["offsets"])
    torch.testing.assert_close(added, pictures.latents(order, pipeline)[0])
    pasted = ",".join(["0.5"] * pipeline.z_dim)
    own = client.get(f"/api/latent?model=shapes-quick&z={pasted}").json()["terms"]
    assert own["truncation"] == [[0.5] * pipeline.z_dim] and own["offsets"] == facts["terms"]["offsets"]
    for wrong in ("generator?model=../etc", "latent?model=shapes-quick&seed=-1", "latent?model=facades-light&seed=1"):
        assert client.get(f"/api/{wrong}").status_code == 400
    assert client.get("/api/ort/ort.wasm.bundle.min.mjs").status_code == 404
    for name in generators.FILES:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "secret").write_text("no")
    monkeypatch.setenv(generators.VARIABLE, str(tmp_path))
    assert client.get("/api/ort/ort-wasm-simd-threaded.wasm").headers["content-type"] == "application/wasm"
    assert client.get("/api/ort/secret").status_code == client.get("/api/ort/..%2Fsecret").status_code == 404
