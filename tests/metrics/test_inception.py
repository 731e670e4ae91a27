"""Inception: the network against torchvision's own, the three ways to resize, and where its weights come from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from ganlab.core.errors import DataError
from ganlab.data import data_root
from ganlab.data.dataset import Dataset
from ganlab.metrics.features import inception_weights as weights_files
from ganlab.metrics.features.inception import InceptionExtractor, load_column, load_inception
from ganlab.metrics.features.inception_network import Inception
from ganlab.metrics.features.inception_weights import TENSORFLOW, TORCHVISION, Published, obtain
from ganlab.metrics.features.resize import RESIZES, prepared
from ganlab.metrics.measure import measure
from ganlab.metrics.reference import Reference
from tests.support.inception_weights import pooled_features, pooling_like_tensorflow, random_inception
from tests.support.loading import drain
from tests.support.loopback import Site, serving


@pytest.fixture(scope="module")
def network() -> nn.Module:
    return random_inception()


@pytest.fixture(scope="module")
def weights(network: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "some.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def nothing_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GANLAB_INCEPTION", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def pictures(count: int, *shape: int, seed: int = 0) -> Tensor:
    """Smooth random pictures: noise alone looks all the same to the network."""
    coarse = torch.rand(count, shape[0], 4, 4, generator=torch.Generator().manual_seed(seed)) * 255
    return torch.nn.functional.interpolate(coarse, shape[1:], mode="bicubic").clamp(0, 255).byte()


@pytest.mark.parametrize("tensorflow", [False, True])
def test_features_are_those_of_torchvisions_blocks(tensorflow: bool, network: nn.Module) -> None:
    images = prepared(pictures(2, 3, 64, 64), "legacy")
    with torch.inference_mode():
        features, logits = Inception(network.state_dict(), tensorflow=tensorflow).eval()(images)
    if tensorflow:
        with pooling_like_tensorflow(network):
            expected = pooled_features(network, images)
    else:
        expected = pooled_features(network, images)
    assert float((expected[0] - expected[1]).norm() / expected.norm()) > 0.02  # the two pictures differ enough to tell
    assert float((features - expected).norm() / expected.norm()) < 1e-5
    assert torch.allclose(logits, expected @ network.fc.weight.T, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(28, 28), (299, 299), (360, 500), (31, 700)])
def test_clean_is_pillows_bicubic_on_floats(shape: tuple[int, int]) -> None:
    images = pictures(1, 3, *shape)
    images[:, :, ::3, ::2] = 255 - images[:, :, ::3, ::2]  # hard edges overshoot
    channels = [
        np.asarray(Image.fromarray(channel.numpy().astype(np.float32)).resize((299, 299), Image.Resampling.BICUBIC))
        for channel in images[0]
    ]
    expected = (torch.from_numpy(np.stack(channels)).clamp(0, 255) - 128) / 128
    assert (prepared(images, "clean")[0] - expected).abs().max() < 1e-5


def test_legacy_samples_between_pixels_without_antialias() -> None:
    """At 2 x 299 pixels each output lies between four pixels; at 4 x 299 the outer ones of sixteen do not count."""
    images = torch.randint(0, 256, (1, 1, 598, 598), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.avg_pool2d(images.float(), 2) / 127.5 - 1
    assert torch.allclose(prepared(images, "legacy"), expected.expand(-1, 3, -1, -1), atol=1e-5)


def test_tf_starts_at_the_corner() -> None:
    images = torch.randint(0, 256, (1, 3, 598, 897), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(prepared(images, "tf"), (images[:, :, ::2, ::3].float() - 128) / 128, atol=1e-4)
    ramp = torch.arange(0, 200, 50, dtype=torch.uint8).expand(1, 1, 4, 4)
    row = prepared(ramp, "tf")[0, 0, 0] * 128 + 128
    expected = torch.tensor([min(i * 4 / 299, 3.0) * 50 for i in range(299)])  # the last pixel is held
    assert torch.allclose(row, expected, atol=1e-3)


@pytest.mark.parametrize("resize", RESIZES)
def test_grey_reads_as_the_same_colour_thrice(resize: str) -> None:
    grey = pictures(1, 1, 28, 28)
    assert torch.allclose(prepared(grey, resize), prepared(grey.expand(-1, 3, -1, -1), resize), atol=1e-6)  # type: ignore[arg-type]
    assert prepared(grey, resize).shape == (1, 3, 299, 299)  # type: ignore[arg-type]


def test_named_weights_are_used_and_called_unpublished(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_INCEPTION", str(weights))
    extractor, _ = drain(load_inception("clean", "cpu"))
    assert (extractor.name, extractor.resize, extractor.dims) == ("inception-unpublished", "clean", 2048)
    assert extractor.sha == hashlib.sha256(weights.read_bytes()).hexdigest()[:8]
    column, _ = drain(load_column("cpu"))
    assert (column.name, column.resize) == ("column-unpublished", "legacy")


def test_only_the_published_weights_give_a_fid(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = Reference.of_dataset(Dataset("some", pictures(6, 3, 32, 32)), "train")
    monkeypatch.setenv("GANLAB_INCEPTION", str(weights))
    (unknown,), _ = drain(measure([pictures(5, 1, 28, 28, seed=1)], reference, ["fid"], device="cpu"))
    assert unknown.metric == "inception-unpublished distance"
    published = replace(TENSORFLOW, sha256=hashlib.sha256(weights.read_bytes()).hexdigest())
    monkeypatch.setattr("ganlab.metrics.features.inception.TENSORFLOW", published)
    (known,), _ = drain(measure([pictures(5, 1, 28, 28, seed=1)], reference, ["fid"], device="cpu"))
    assert known.metric == "FID" and known.extractor == f"inception {published.sha256[:8]}" and known.resize == "legacy"
    assert known.value == pytest.approx(unknown.value)
    with pytest.raises(ValueError, match="they differ in metric"):
        _ = known < unknown


def published_as(weights: Path) -> Published:
    return replace(TENSORFLOW, sha256=hashlib.sha256(weights.read_bytes()).hexdigest()[:8])


@pytest.mark.parametrize("place", ["data", "other name", "torch", "folder"])
def test_the_published_file_is_found_where_it_may_lie(
    place: str, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = published_as(weights)
    places = {
        "data": data_root() / wanted.file,
        "other name": data_root() / wanted.other_names[0],
        "torch": tmp_path / "torch" / "hub" / "checkpoints" / wanted.file,
        "folder": tmp_path / "mine" / wanted.file,
    }
    if place == "folder":
        monkeypatch.setenv("GANLAB_INCEPTION", str(tmp_path / "mine"))
    places[place].parent.mkdir(parents=True, exist_ok=True)
    places[place].write_bytes(weights.read_bytes())
    found, _ = drain(obtain(wanted))
    assert (found.path, found.published) == (places[place], True)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Site({"weights.pth": bytes(range(256)) * 4000})) as site:
        yield site


def test_what_is_missing_is_downloaded_once_with_progress(site: Site) -> None:
    digest = hashlib.sha256(site.files["weights.pth"]).hexdigest()
    for checksum in (digest, digest[:8]):
        wanted = replace(TENSORFLOW, file=f"{len(checksum)}.pth", sha256=checksum, url=site.address + "weights.pth")
        found, events = drain(obtain(wanted))
        assert found.path.read_bytes() == site.files["weights.pth"] and found.published and found.sha256 == digest
        assert events[-1].done == events[-1].total == 1_024_000
        assert drain(obtain(wanted))[1] == []
    assert len(site.asked) == 2


def test_a_wrong_download_is_refused_with_advice(site: Site) -> None:
    wanted = replace(TENSORFLOW, url=site.address + "weights.pth")
    with pytest.raises(DataError, match=r"not the published file\); put the file \(96 MB, .+ let GANLAB_INCEPTION name it, or"):
        drain(obtain(wanted))


def test_a_named_file_must_exist_and_hold_inception(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_INCEPTION", str(tmp_path / "nothing.pth"))
    with pytest.raises(ValueError, match=r"nothing\.pth, which does not exist; let it name"):
        drain(obtain(TENSORFLOW))
    for content in (b"rubbish", b""):
        (tmp_path / "nothing.pth").write_bytes(content)
        with pytest.raises(ValueError, match="does not hold the weights of Inception v3"):
            drain(load_inception("legacy", "cpu"))
    torch.save({"a": torch.zeros(3)}, tmp_path / "nothing.pth")
    with pytest.raises(ValueError, match="does not hold the weights of Inception v3"):
        drain(load_inception("legacy", "cpu"))


def test_a_name_that_means_the_other_network_is_left_to_it(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / TORCHVISION.file
    path.write_bytes(b"other")
    monkeypatch.setenv("GANLAB_INCEPTION", str(path))
    (data_root()).mkdir(parents=True, exist_ok=True)
    (data_root() / TENSORFLOW.file).write_bytes(weights.read_bytes())
    found, _ = drain(obtain(published_as(weights)))
    assert found.path == data_root() / TENSORFLOW.file


def test_portions_inside_do_not_change_features(network: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = InceptionExtractor(Inception(network.state_dict(), tensorflow=True), "inception", "0", "legacy")
    images = pictures(3, 3, 32, 32)
    whole = extractor(images)
    extractor.batch_size = 2
    parts = extractor(images)
    assert torch.allclose(whole.rows, parts.rows, rtol=1e-4, atol=1e-4) and parts.logits.shape == (3, 1008)


def test_the_published_files_are_named_after_their_checksums() -> None:
    for published in (weights_files.TENSORFLOW, weights_files.TORCHVISION):
        assert published.sha256[:8] in published.file and published.url.endswith(published.file)
