"""The cache of decoded sets: whole or not there, whatever disks and other runs do."""

import os
import threading
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from ganlab.core.errors import DataError
from ganlab.core.remarks import Remark
from ganlab.data import cache
from ganlab.data.cache import About, Decoded, Spool, entry, recall

SHAPE = (2, 2, 3)
IMAGES = np.arange(60, dtype=np.uint8).reshape(5, *SHAPE)
ABOUT = About(
    np.array([0, 1, 0, 1, 0]), ("a", "b"), (Remark("damaged", 2, ("x", "y"), "why"), Remark("bit_depth", 5, values=(12,)))
)
Usage = namedtuple("Usage", "free")


@pytest.fixture(params=["memory", "file"])
def big(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Collected in memory, or too big for that."""
    if request.param == "file":
        monkeypatch.setattr(cache, "RESIDENT_BYTES", 10)
    return request.param == "file"


def store(folder: Path, about: About = ABOUT, rows: int = 9) -> Decoded:
    with Spool(folder, rows, SHAPE) as spool:
        spool.append(IMAGES[:2])
        spool.append(IMAGES[2:])
        return spool.finish(about)


def check(decoded: Decoded | None) -> None:
    assert decoded is not None
    assert np.array_equal(decoded.images, IMAGES)
    assert decoded.about.labels is not None
    assert decoded.about.labels.tolist() == [0, 1, 0, 1, 0]
    assert (decoded.about.label_names, decoded.about.remarks) == (ABOUT.label_names, ABOUT.remarks)


def test_what_was_kept_comes_back(big: bool) -> None:
    folder = entry("a set", 1)
    assert recall(folder) is None
    check(store(folder))
    check(recall(folder))
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_writing_into_what_was_recalled_changes_no_file() -> None:
    folder = entry("x")
    store(folder)
    recalled = recall(folder)
    assert recalled is not None
    recalled.images[:] = 7
    check(recall(folder))


def test_other_facts_are_another_entry() -> None:
    assert entry("a", 1) == entry("a", 1)
    assert len({entry("a", 1), entry("a", 2), entry("a1"), entry(("a", 1))}) == 4


def test_an_unfinished_spool_leaves_nothing(big: bool) -> None:
    folder = entry("x")
    with pytest.raises(KeyError), Spool(folder, 5, SHAPE) as spool:
        spool.append(IMAGES)
        raise KeyError
    assert not folder.parent.exists() or not list(folder.parent.iterdir())


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "about.json"])
@pytest.mark.parametrize("damage", [b"", b"{}", b"\x93NUMPY\x01\x00", None])
def test_a_damaged_entry_is_made_again(name: str, damage: bytes | None, big: bool) -> None:
    folder = entry("x")
    store(folder)
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(damage)
    assert recall(folder) is None
    check(store(folder))
    check(recall(folder))


def test_two_runs_that_keep_the_same_agree(big: bool) -> None:
    folder = entry("x")
    start = threading.Barrier(4)
    results = []

    def run() -> None:
        start.wait()
        results.append(store(folder))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in (*results, recall(folder)):
        check(result)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_full_disk_costs_only_the_second_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: Usage(free=1000))
    folder = entry("x")
    check(store(folder))
    assert recall(folder) is None


def test_a_full_disk_is_one_sentence_where_memory_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache.shutil, "disk_usage", lambda _: Usage(free=1000))
    monkeypatch.setattr(cache, "RESIDENT_BYTES", 10)
    with pytest.raises(DataError, match=r"The images take 6 GB in .+ \(the disk is full\): make room or choose a smaller"):
        store(entry("x"), rows=5 * 10**8)


def test_what_a_killed_run_left_is_swept_away_in_time() -> None:
    folder = entry("x")
    for name, age in (("fresh", 60), ("old", 2 * 24 * 3600)):
        partial = folder.parent / f"{name}.partial"
        partial.mkdir(parents=True)
        (partial / "images.npy").write_bytes(b"half")
        for path in (partial / "images.npy", partial):
            os.utime(path, (path.stat().st_mtime - age,) * 2)
    statistics = folder.parent / "0123.safetensors.0456.partial"  # a file, where statistics were being kept
    statistics.write_bytes(b"half")
    os.utime(statistics, (statistics.stat().st_mtime - 2 * 24 * 3600,) * 2)
    store(folder)
    assert sorted(path.name for path in folder.parent.iterdir()) == sorted([folder.name, "fresh.partial"])
