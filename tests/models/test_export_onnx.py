"""The generator as ONNX: it draws what the server draws, on another engine."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ganlab import Pipeline
from ganlab.__main__ import main
from ganlab.app.api import generators, pictures
from ganlab.core.types import Conditioning, DataSpec
from ganlab.models import catalogue as models
from ganlab.models.export_onnx import to_onnx
from ganlab.training.families import FAMILIES
from tests.support.small import small

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install -r requirements-dev.txt")
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
    ours, theirs = pipeline.generate(z, label).numpy().astype(int), drawn(to_onnx(pipeline, traced=True), z, label).astype(int)
    assert ours.shape == theirs.shape and np.abs(ours - theirs).max() <= 1 and ours.std() > 10


def test_the_command_writes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ganlab.cli.export.to_onnx", partial(to_onnx, traced=True))  # the current one takes seconds
    path = tmp_path / "shapes.onnx"
    assert main(["export", "shapes-quick", "--onnx", "-o", str(path)]) == 0
    assert drawn(path.read_bytes(), torch.zeros(1, Pipeline.load("shapes-quick").z_dim), torch.eye(10)[:1]).shape == (
        1,
        1,
        28,
        28,
    )
    assert main(["export", "shapes-quick", "--onnx", "--direction", "AtoB", "-o", str(path)]) == 2
    assert "only models that translate photos have a direction" in capsys.readouterr().err


def of_family(name: str) -> Pipeline:
    """What a family draws with, untrained."""
    torch.manual_seed(0)
    config, family = small(name), FAMILIES[name]
    spec = DataSpec(config.image_size, config.channels, family.conditioning, 10 * (family.conditioning is Conditioning.LABEL))
    return Pipeline(dict(family.build(config, spec).averaged.items()), spec, z_dim=config.z_dim, name=name, title=name)


def answer(file: bytes, **given: torch.Tensor) -> np.ndarray:
    """What onnxruntime makes of the inputs."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return session.run(None, {name: tensor.numpy() for name, tensor in given.items()})[0]


# Pix2Pix reads the statistics of the photo at hand, which the older exporter cannot write; the current one takes seconds.
SEEN = {"pix2pix", *(model.family for model in models.models() if model.name in DRAWING)}


@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in SEEN])
def test_every_other_family_is_exported(name: str) -> None:
    pipeline = of_family(name)
    if pipeline.translates:
        with pytest.raises(ValueError, match=r"leads AtoB.*, not sideways"):
            to_onnx(pipeline, direction="sideways")
        direction = next(reversed(pipeline.routes))
        file = to_onnx(pipeline, direction=direction, traced=True)
        noted = {one.key: one.value for one in onnx.load_model_from_string(file).metadata_props}
        assert noted == {"ganlab.model": name, "ganlab.multiple": "4"}
        for height, width in ((32, 64), (48, 20)):  # any multiples of four
            photo = torch.randn(1, 3, height, width)
            np.testing.assert_allclose(answer(file, photo=photo), pipeline.routes[direction](photo), atol=1e-5)
        return
    given = {"z": pipeline.latents(3, 1)} | ({"label": torch.eye(3, 10)} if pipeline.conditional else {})
    expected = pipeline.generator(given["z"], given.get("label"))
    np.testing.assert_allclose(answer(to_onnx(pipeline, traced=True), **given), expected, atol=1e-5)


def test_the_current_exporter_draws_the_same() -> None:
    pytest.importorskip("onnxscript")
    pipeline = of_family("cgan")
    given = {"z": pipeline.latents(3, 1), "label": torch.eye(3, 10)}
    file = to_onnx(pipeline)
    assert file != to_onnx(pipeline, traced=True)
    np.testing.assert_allclose(answer(file, **given), pipeline.generator(given["z"], given["label"]), atol=1e-5)


def test_without_the_package_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganlab.models.export_onnx.find_spec", lambda package: None)
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
