"""Downloads against a real server on this machine: cut, refused, damaged, doubled."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganlab.app.views.loading_wording import loading_text
from ganlab.core.errors import DataError, NotFetched, classify
from ganlab.data import download as module
from ganlab.data.download import answers, download
from tests.support.loading import drain
from tests.support.loopback import Site, serving

BODY = bytes(range(256)) * 9000  # about two megabytes
MD5 = hashlib.md5(BODY).hexdigest()
ADVICE = "do it by hand"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(Site({"data.gz": BODY})) as site:
        yield site


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_a_file_comes_with_progress(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "new" / "data.gz"
    _, events = drain(download([site.address + "data.gz"], path, MD5, ADVICE))
    assert path.read_bytes() == BODY
    assert names(path.parent) == ["data.gz"]
    assert [message.done for message in events] == sorted(message.done for message in events)
    assert len(events) > 4
    assert (events[-1].done, events[-1].total, events[-1].unit) == (len(BODY), len(BODY), "bytes")


def test_a_socks_proxy_is_named_where_it_may_be_the_reason(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5h://127.0.0.1:1080")
    with pytest.raises(DataError, match=r"answered 404; data sets are not fetched through a SOCKS proxy\); do it by hand\."):
        drain(download([site.address + "other.gz"], tmp_path / "other.gz", MD5, ADVICE))


def test_a_file_that_is_there_is_not_asked_for(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "data.gz"
    path.write_bytes(BODY)
    drain(download([site.address + "data.gz"], path, MD5, ADVICE))
    assert site.asked == []


def test_a_cut_connection_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.cut_after, site.cuts = 500_000, 4  # more cuts than tries: each gained something
    drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert (tmp_path / "data.gz").read_bytes() == BODY
    assert [wanted for _, wanted in site.asked] == ["", *(f"bytes={n * 500_000}-" for n in range(1, 5))]


def test_a_later_run_continues_what_a_stopped_one_left(site: Site, tmp_path: Path) -> None:
    steps = download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE)
    while next(steps).done < 1_000_000:
        pass
    steps.close()
    left = (tmp_path / "data.gz.partial").stat().st_size
    assert left >= 1_000_000
    drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert site.asked[-1][1] == f"bytes={left}-"
    assert names(tmp_path) == ["data.gz"]


def test_a_server_without_ranges_starts_over(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / "data.gz.partial").write_bytes(BODY[:1000])
    drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert (tmp_path / "data.gz").read_bytes() == BODY


@pytest.mark.parametrize("left", [b"rubbish" * 1000, BODY + b"more", bytes(len(BODY))])
def test_a_wrong_remainder_is_thrown_away(left: bytes, site: Site, tmp_path: Path) -> None:
    (tmp_path / "data.gz.partial").write_bytes(left)
    drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert (tmp_path / "data.gz").read_bytes() == BODY


def test_a_remainder_that_is_whole_needs_no_more(site: Site, tmp_path: Path) -> None:
    (tmp_path / "data.gz.partial").write_bytes(BODY)
    drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert (tmp_path / "data.gz").read_bytes() == BODY


def test_the_next_mirror_helps(site: Site, tmp_path: Path) -> None:
    site.files["tampered"] = BODY[:-1] + b"!"
    mirrors = ["http://127.0.0.1:9/closed", site.address + "missing", site.address + "tampered", site.address + "data.gz"]
    drain(download(mirrors, tmp_path / "data.gz", MD5, ADVICE))
    assert (tmp_path / "data.gz").read_bytes() == BODY


@pytest.mark.parametrize(
    ("name", "problem"), [("missing", "the server answered 404"), ("other", "what came is not the published file")]
)
def test_failure_is_one_sentence_and_leaves_no_file(name: str, problem: str, site: Site, tmp_path: Path) -> None:
    site.files["other"] = b"<html>Please log in</html>"
    with pytest.raises(DataError, match=rf"^data.gz could not be downloaded \({problem}\); {ADVICE}\.$"):
        drain(download([site.address + name], tmp_path / "data.gz", MD5, ADVICE))
    assert not (tmp_path / "data.gz").exists()


def test_a_server_that_always_cuts_ends_in_a_sentence(site: Site, tmp_path: Path) -> None:
    site.cut_after, site.cuts = 0, 99
    with pytest.raises(DataError, match="the connection was cut"):
        drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    assert len(site.asked) == module.TRIES


def test_a_silent_server_is_given_up(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    site.hold = threading.Event()
    with pytest.raises(DataError, match="timed out"):
        drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
    site.hold.set()


def test_what_cannot_be_fetched_is_a_kind_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"^mnist could not be downloaded \(there is no network\); do it by hand\.$") as raised:
        drain(download(["http://nowhere.invalid/data.gz"], tmp_path / "data.gz", MD5, ADVICE, "mnist"))
    assert classify(raised.value) == ("not_fetched", {"text": str(raised.value), "name": "mnist"})
    assert str(tmp_path) not in str(raised.value)


def test_whether_a_server_answers_is_known_soon(site: Site) -> None:
    assert answers(["http://127.0.0.1:9/closed", site.address + "data.gz"])
    assert answers([site.address + "missing"])  # a network there is
    assert not answers(["http://127.0.0.1:9/closed", "http://nowhere.invalid/"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        assert not answers([f"http://127.0.0.1:{silent.getsockname()[1]}/"], 0.3)
        assert time.monotonic() - begun < 3


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"could not be downloaded \(.+\); {ADVICE}\.$"):
        drain(download(["http://nowhere.invalid/data.gz"], tmp_path / "data.gz", MD5, ADVICE))


def test_two_runs_do_not_get_in_each_others_way(site: Site, tmp_path: Path) -> None:
    site.hold = threading.Event()
    events: dict[int, list[str]] = {}

    def run(number: int) -> None:
        _, messages = drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))
        events[number] = [loading_text(message) for message in messages]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    site.hold.set()
    for thread in threads:
        thread.join(20)
    assert (tmp_path / "data.gz").read_bytes() == BODY
    assert len(site.asked) == 1
    assert sum(any("Waiting for another download" in what for what in whats) for whats in events.values()) == 2


def test_a_full_disk_is_one_sentence(site: Site, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, the disk that is always full")
    (tmp_path / "data.gz.partial").symlink_to("/dev/full")
    with pytest.raises(DataError, match=rf"cannot be written to .+ \(the disk is full\); {ADVICE}\.$"):
        drain(download([site.address + "data.gz"], tmp_path / "data.gz", MD5, ADVICE))


def test_a_folder_that_cannot_be_made_is_one_sentence(site: Site, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        drain(download([site.address + "data.gz"], tmp_path / "file" / "data.gz", MD5, ADVICE))
