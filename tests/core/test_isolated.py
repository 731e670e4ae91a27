"""What strangers upload is decoded with limits on time and memory: what exceeds them loses a helper and nothing else."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganlab.core import images, isolated
from ganlab.core.images import ImageError
from ganlab.core.isolated import Helpers

SMALL = Image.fromarray(np.random.default_rng(0).integers(0, 256, (21, 34, 3), dtype=np.uint8))
EXIF = Image.Exif()
EXIF[0x0112] = 6


@pytest.fixture(scope="module")
def helpers() -> Iterator[Helpers]:
    one = Helpers(most=1, seconds=0.25, memory=250 * 10**6, wait=60)
    yield one
    one.close()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "größe \udcff.webp"
    SMALL.save(path, "WEBP", lossless=True, exif=EXIF)
    return path


def works(helpers: Helpers, good: Path) -> None:
    assert np.array_equal(np.asarray(helpers.read(good)), np.asarray(SMALL.rotate(-90, expand=True)))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "WEBP", "AVIF", "PNG", "JPEG"])
def test_a_helper_reads_as_the_process_itself_does(tmp_path: Path, helpers: Helpers, kind: str) -> None:
    SMALL.save(tmp_path / "a", kind)
    assert np.array_equal(np.asarray(helpers.read(tmp_path / "a")), np.asarray(images.read(tmp_path / "a")))
    assert np.array_equal(np.asarray(isolated.read(tmp_path / "a")), np.asarray(images.read(tmp_path / "a")))


def test_refusals_keep_their_sentence_and_their_kind(tmp_path: Path, helpers: Helpers) -> None:
    for data, kind in (
        (b"GIF89a", "damaged"),
        (b"hello", "damaged"),
        (b"BM" + bytes(28) + b"\1\0\0\0" + bytes(2**22), "too_costly"),
    ):
        (tmp_path / "a").write_bytes(data)
        for read in (images.read, helpers.read, isolated.read):
            with pytest.raises(ImageError) as refusal:
                read(tmp_path / "a")
            assert refusal.value.kind == kind
            assert "Errno" not in str(refusal.value) and str(refusal.value).endswith(".")
    with pytest.raises(ImageError, match="is not a file"):
        isolated.read(tmp_path / "none")


def test_what_takes_too_much_time_or_memory_loses_that_picture_alone(tmp_path: Path, helpers: Helpers, good: Path) -> None:
    works(helpers, good)
    slow = tmp_path / "slow.gif"  # two thirds of a second
    Image.effect_noise((64, 64), 80).resize((8000, 8000), Image.Resampling.NEAREST).save(slow)
    large = tmp_path / "large.tif"  # 268 MB
    Image.new("RGB", (8192, 8192)).save(large, compression="tiff_lzw")
    for path in (slow, large):
        with pytest.raises(ImageError, match=r"make it smaller") as refusal:
            helpers.read(path)
        assert refusal.value.kind == "too_costly"
        works(helpers, good)


def test_a_helper_that_was_ended_is_replaced(helpers: Helpers, good: Path) -> None:
    works(helpers, good)
    (helper,) = helpers._idle
    os.kill(helper.pid, signal.SIGKILL)
    helper.wait()
    works(helpers, good)
    assert helpers._idle != [helper]


def test_those_who_wait_longer_than_bounded_are_refused(good: Path) -> None:
    helpers = Helpers(most=1, wait=0.05)
    helpers._places.acquire()
    with pytest.raises(ImageError, match="try again in a moment") as refusal:
        helpers.read(good)
    assert refusal.value.kind == "busy"


def test_a_helper_that_does_not_answer_is_ended_by_the_clock(good: Path) -> None:
    helpers = Helpers(most=1, wait=0.3)
    stopped = threading.Thread(target=lambda: os.kill(helpers._idle[0].pid, signal.SIGSTOP))
    helpers._idle.append(helpers._ready())
    stopped.start()
    stopped.join()
    with pytest.raises(ImageError, match="too long"):
        helpers.read(good)
    assert helpers._idle == []


def test_a_helper_imports_no_torch_and_ends_with_its_channel(good: Path) -> None:
    helpers = Helpers()
    works(helpers, good)
    (helper,) = helpers._idle
    maps = Path(f"/proc/{helper.pid}/maps")
    assert not maps.exists() or "torch" not in maps.read_text()
    helpers.close()
    assert helper.returncode == 0


def test_what_programs_send_most_is_read_in_the_process_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "HELPERS", None)
    for kind in isolated.PROVED:
        buffer = io.BytesIO()
        SMALL.save(buffer, kind)
        (tmp_path / "a").write_bytes(buffer.getvalue())
        assert isolated.read(tmp_path / "a").size == SMALL.size
