"""Pulling through the real client from a Hub on this machine: what arrives, what goes wrong, and what is never done."""

from __future__ import annotations

import errno
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from huggingface_hub import constants

from ganlab import Pipeline
from ganlab.__main__ import main
from ganlab.app.views.loading_wording import loading_text
from ganlab.core.progress import finish
from ganlab.core.text import byte_size
from ganlab.data.hub import download as transfer
from ganlab.models import hub, pretrained
from ganlab.models.catalogue import SHIPPED, catalogue
from tests.core.test_untrusted_tensors import Attack
from tests.support import foreign as made
from tests.support import hub_server
from tests.support.hub_server import STRANGER, TOKEN, Hub, Repo, sha256

REPO = "org/name"


def written(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def weights() -> bytes:
    """A generator of PyTorch-GAN's layout, 130 kB."""
    torch.manual_seed(0)
    return written(made.mlp())


def shipped(name: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (SHIPPED / name).iterdir()}


def refused(where: str, words: str, **how: Any) -> None:
    with pytest.raises(ValueError) as refusal:
        hub.pull(where, **how)
    text = str(refusal.value)
    assert words in text, text
    assert text.endswith(".") and "\n" not in text and "127.0.0.1" not in text and len(text) < 400, text


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_our_layout_arrives_as_a_checkpoint_and_nothing_else_of_the_repository(there: Hub) -> None:
    extra = {"training_state.pt": b"x" * 2000, "notes/big.bin": b"y" * 2000}
    there.add(REPO, shipped("horse2zebra-light") | extra)
    folder = hub.pull(REPO)
    assert files_below(folder) == {"config.json", "model.safetensors", "discriminators.safetensors"}
    pipeline = Pipeline.load(REPO)
    assert set(pipeline.routes) == {"AtoB", "BtoA"} and set(pipeline.discriminators) == {"D_A", "D_B"}
    assert hub.cached(hub.parse(REPO)) == folder


def test_the_cache_is_the_clients_own(there: Hub, weights: bytes) -> None:
    """The real client finds our files without asking anybody, and calls the cache sound; ours finds the real client's."""
    commit = there.add(REPO, {"a/generator.pth": weights, "README.md": b"# hello"})
    path = hub.pull(REPO)
    assert path.read_bytes() == weights and path.parent.parent.name == commit
    assert huggingface_hub.hf_hub_download(REPO, "a/generator.pth", local_files_only=True) == str(path)
    asked = len(there.asked)
    assert huggingface_hub.try_to_load_from_cache(REPO, "a/generator.pth") == str(path)
    scan = huggingface_hub.scan_cache_dir()
    assert not scan.warnings and [repo.repo_id for repo in scan.repos] == [REPO]
    assert [revision.refs for repo in scan.repos for revision in repo.revisions] == [frozenset({"main"})]
    assert len(there.asked) == asked

    there.add("org/theirs", {"generator.pth": weights})
    theirs = huggingface_hub.hf_hub_download("org/theirs", "generator.pth")
    assert hub.cached(hub.parse("org/theirs")) == Path(theirs)


def test_progress_is_told_in_bytes_with_a_rate(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    events: list[hub.Downloading] = []
    assert finish(hub.pulling(REPO), events.append).read_bytes() == weights
    done = [event.done for event in events]
    assert done == sorted(done) and done[-1] == len(weights) and len(done) > 3
    assert {(loading_text(event), event.total, event.unit) for event in events} == {
        ("Downloading generator.pth", len(weights), "bytes")
    }
    assert events[-1].rate > 0
    assert list(hub.pulling(REPO)) == []  # it is there


def test_a_token_goes_to_the_hub_and_not_beyond(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights}, private=True)
    assert hub.pull(REPO, token=TOKEN).read_bytes() == weights
    assert [request.token for request in there.asked] == [TOKEN, TOKEN, ""]
    assert there.asked[-1].host.startswith("localhost") and there.asked[0].host.startswith("127.0.0.1")


def test_a_cut_connection_is_taken_up_where_it_broke(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.cuts = [20_000, 30_000, 5_000]
    assert hub.pull(REPO).read_bytes() == weights
    starts = [int(request.range[6:-1] or 0) if request.range else 0 for request in there.bodies()]
    assert starts[0] == 0 and starts == sorted(starts) and len(starts) == 4 and starts[-1] > 40_000


def test_an_interrupted_pull_goes_on_in_the_next_one(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    steps = hub.pulling(REPO)
    while next(steps).done < 50_000:
        pass
    steps.close()  # Ctrl-C
    assert hub.cached(hub.parse(REPO)) is None
    assert hub.pull(REPO).read_bytes() == weights
    assert int(there.bodies()[-1].range[6:-1]) >= 50_000


def test_a_server_without_ranges_begins_anew(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.cuts, there.ranges = [20_000], False
    assert hub.pull(REPO).read_bytes() == weights


@pytest.mark.parametrize("left", [b"what an earlier version of the file began with", b"x" * 500_000])
def test_what_an_earlier_download_left_wrong_is_thrown_away(there: Hub, weights: bytes, left: bytes) -> None:
    """A wrong beginning is found by the checksum; one longer than the file is asked for in vain (416)."""
    there.add(REPO, {"generator.pth": weights})
    partial = Path(constants.HF_HUB_CACHE) / "models--org--name" / "blobs" / f"{sha256(weights)}.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(left)
    assert hub.pull(REPO).read_bytes() == weights and not partial.exists()


def test_a_connection_that_brings_nothing_is_given_up(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.cuts = [100] + [0] * 20
    refused(REPO, "The Hub cannot be reached for org/name (peer closed connection")
    assert len(there.bodies()) == 1 + transfer.TRIES


def test_a_busy_server_is_asked_again(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.answers = [("/cdn/", 503), ("/resolve/", 500)]
    assert hub.pull(REPO).read_bytes() == weights


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_that_stays_busy_is_said_to_be(there: Hub, weights: bytes, status: int) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.answers = [("/cdn/", status)] * 20
    refused(REPO, f"too busy to give org/name (it answered {status}): try again")
    there.answers = [("/api/", status)] * 20
    refused(REPO, f"it answered {status}")


@pytest.mark.parametrize("large", [True, False], ids=["large: sha256", "small: git's sha1"])
def test_a_wrong_checksum_is_deleted_and_refused(there: Hub, weights: bytes, large: bool, tmp_path: Path) -> None:
    there.add(REPO, {"generator.pth": weights if large else weights[:900]})
    there.spoiled = True
    refused(REPO, "generator.pth of org/name arrived with a wrong checksum and was deleted")
    assert not [name for name in files_below(tmp_path) if not name.endswith((".lock", ".tmp"))]
    assert hub.cached(hub.parse(REPO)) is None
    there.spoiled = False
    assert hub.pull(REPO).is_file()


def test_a_body_that_does_not_end_does_not_fill_the_disk(
    there: Hub, weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.surplus = 20_000_000
    most = []
    monkeypatch.setattr(transfer, "_size", lambda path: most.append(path.stat().st_size if path.exists() else 0) or most[-1])
    refused(REPO, "arrived with a wrong checksum and was deleted")
    assert max(most) < len(weights) + 2**20
    assert not list(tmp_path.rglob("*.incomplete"))


def test_a_renamed_repository_is_followed_and_a_circle_is_not(there: Hub, weights: bytes) -> None:
    there.add("org/newname", {"generator.pth": weights})
    there.moved = {"org/old": "org/newname"}
    assert hub.pull("org/old").read_bytes() == weights
    there.moved = {"org/here": "org/there", "org/there": "org/here"}
    refused("org/here", "The Hub cannot be reached for org/here (")


def test_a_file_other_than_the_catalogues_is_deleted_and_refused(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    assert hub.pull(REPO, sha256=sha256(weights)).is_file()
    refused(REPO, "is not the file that the catalogue knows (wrong checksum), and was deleted", sha256="ab" * 32)
    assert hub.cached(hub.parse(REPO)) is None


def test_revisions_are_pinned(there: Hub, weights: bytes) -> None:
    first = there.add(REPO, {"generator.pth": weights})
    torch.manual_seed(1)
    newer = written(made.mlp())
    there.repos[REPO].refs["v1"] = first
    second = there.repos[REPO].commit({"generator.pth": newer})
    for where, how in (("@v1", {}), (f"@{first}", {}), (f"@{first[:7]}", {}), ("", {"revision": "v1"})):
        path = hub.pull(f"{REPO}{where}", **how)
        assert path.read_bytes() == weights and path.parent.name == first
    assert hub.pull(REPO).parent.name == second and hub.pull(REPO).read_bytes() == newer
    asked = len(there.asked)
    assert hub.pull(f"{REPO}@{first}/generator.pth").read_bytes() == weights
    assert len(there.asked) == asked  # a commit never changes
    one, other = Pipeline.from_pretrained(REPO, revision="v1"), Pipeline.from_pretrained(REPO)
    assert not torch.equal(one.generate(one.latents(2, 0)), other.generate(other.latents(2, 0)))
    refused(f"{REPO}@v9", "org/name has no revision 'v9'")


def test_what_a_commit_means_does_not_depend_on_what_was_fetched_before(there: Hub, weights: bytes) -> None:
    commit = there.add(REPO, {"first.pth": weights, "second.pth": weights, "one/only.pth": weights})
    assert hub.pull(f"{REPO}@{commit}/first.pth").read_bytes() == weights
    refused(f"{REPO}@{commit}", "holds 3 files of weights")
    hub.pull(f"{REPO}@{commit}/one/only.pth")
    asked = len(there.asked)
    assert hub.pull(f"{REPO}@{commit}/one/only.pth").name == "only.pth" and len(there.asked) == asked
    ours = there.add("org/ours", shipped("shapes-quick"))
    folder, asked = hub.pull("org/ours", revision=ours), len(there.asked)
    assert hub.pull("org/ours", revision=ours) == folder and len(there.asked) == asked


def test_a_branch_may_have_a_slash_in_its_name(there: Hub, weights: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    there.add(REPO, {"notes.txt": b"nothing"})
    commit = there.repos[REPO].commit({"generator.pth": weights}, "feature/x")
    path = hub.pull(REPO, revision="feature/x")
    assert path.read_bytes() == weights and path.parent.name == commit
    assert Pipeline.from_pretrained(REPO, revision="feature/x").sample(1)
    assert main(["pull", REPO, "--revision", "feature/x"]) == 0
    assert f"ganlab sample {REPO}@feature%2Fx" in capsys.readouterr().out
    assert hub.pull(f"{REPO}@feature%2Fx") == path
    refused(REPO, "is no revision", revision="../x")


def test_a_space_and_a_file_within(there: Hub, weights: bytes) -> None:
    place = "checkpoints/horse2zebra_pretrained/latest_net_G.pth"
    there.add("spaces/org/demo", {place: weights, place.replace("horse2zebra", "zebra2horse"): weights, "app.py": b"raise"})
    path = hub.pull(f"spaces/org/demo/{place}")
    assert path.read_bytes() == weights and files_below(path.parents[2]) == {place}
    assert hub.pull("spaces/org/demo/checkpoints/zebra2horse_pretrained").read_bytes() == weights
    refused("spaces/org/demo", "holds 2 files of weights")


def test_offline_takes_what_is_cached_and_says_what_is_not(there: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = there.add(REPO, {"generator.pth": weights})
    path = hub.pull(f"{REPO}@{commit[:8]}")
    hub.pull(REPO)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    asked = len(there.asked)
    for where in (REPO, f"{REPO}@{commit}", f"{REPO}@{commit[:8]}", f"{REPO}/generator.pth"):
        assert hub.pull(where) == path
    refused("org/other", "org/other is not in the cache, and HF_HUB_OFFLINE forbids to fetch it: unset it")
    refused(f"{REPO}@v1", "is not in the cache, and HF_HUB_OFFLINE")
    assert len(there.asked) == asked


def test_without_a_network_the_cache_serves_and_else_the_reason_is_told(
    there: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.add(REPO, {"generator.pth": weights})
    path = hub.pull(REPO)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert hub.pull(REPO) == path
    refused("org/other", "The Hub cannot be reached for org/other (")


def test_a_login_page_is_not_taken_for_the_hub(there: Hub) -> None:
    there.page = b"<!doctype html><html>Please sign in to the hotel's network</html>"
    refused(REPO, "What answered for org/name is not the Hub")


def test_what_the_hub_refuses_is_said_in_one_sentence(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    there.add("org/gated", {"generator.pth": weights}, gated=True)
    there.add("org/private", {"generator.pth": weights}, private=True)
    login = "log in with `hf auth login`, or set HF_TOKEN"
    refused("org/nothing", f"There is no model org/nothing on the Hub, or it is private: check the name, or {login}.")
    refused("org/nothing", "There is no model org/nothing", token=STRANGER)
    refused("spaces/org/nothing", "There is no space org/nothing")
    refused("org/private", "or it is private")
    gated = "org/gated is gated: accept its conditions at https://huggingface.co/org/gated, then log in"
    refused("org/gated", gated)
    refused("org/gated", gated, token=STRANGER)
    assert hub.pull("org/gated", token=TOKEN).is_file()
    refused(f"{REPO}/other.pth", "org/name has no file 'other.pth'")
    refused(REPO, "The Hub refuses the token it was given for org/name", token="hf_expired")
    there.answers = [("/api/", 403)]
    refused(REPO, "The Hub forbids this for org/name")
    there.answers = [("/api/", 418)]
    refused(REPO, "(it answered 418)")
    there.answers = [("/resolve/", 404)]  # deleted between the listing and the download
    refused(REPO, "org/name")


def test_repositories_without_usable_weights(there: Hub) -> None:
    there.add("org/keras", {"saved_model.pb": b"x", "variables/variables.index": b"x"})
    refused("org/keras", "holds a Keras or TensorFlow model")
    there.add("org/code", {"README.md": b"x", "model.py": b"x"})
    refused("org/code", "holds no file of weights that can be loaded here")
    there.add("org/empty", {})
    refused("org/empty", "org/empty has no files")


def test_a_full_disk_is_said_to_be_full(there: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    there.add(REPO, {"generator.pth": weights})
    usage = type("Usage", (), {"free": 1000})
    with monkeypatch.context() as patch:
        patch.setattr(transfer.shutil, "disk_usage", lambda _: usage)
        refused(REPO, "and the disk of the cache has 1 kB left: free some space, or let HF_HOME name another folder.")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_start", full)
        refused(REPO, "The disk is full, so org/name was not stored: free some space")
    with monkeypatch.context() as patch:
        blocked = Path(constants.HF_HUB_CACHE).parent / "file"
        blocked.parent.mkdir(parents=True, exist_ok=True)
        blocked.write_text("")
        patch.setattr(constants, "HF_HUB_CACHE", str(blocked))
        refused(REPO, "cannot be stored in the cache (Not a directory): let HF_HOME name a folder to write to.")


def test_what_is_too_large_is_not_downloaded(there: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    there.add(REPO, {"generator.pth": weights})
    monkeypatch.setattr(sys.modules["ganlab.models.hub.pull_model"], "MAX_WEIGHTS_BYTES", 1000)
    refused(REPO, f"generator.pth of org/name has {byte_size(len(weights))}; weights of up to 1 kB can be loaded.")
    assert not there.bodies()


EVIL = ("../../evil.pth", "../../../../evil.pth", "/tmp/evil.pth", r"..\..\evil.pth", "C:/evil.pth", "a/../../evil.pth")


def test_names_that_leave_the_repository_write_nothing_outside_of_the_cache(there: Hub, weights: bytes, tmp_path: Path) -> None:
    there.add("org/evil", {}, listed=EVIL)
    there.add("org/mixed", {"generator.pth": weights}, listed=(*EVIL, "../config.json", "../model.safetensors"))
    refused("org/evil", "org/evil has no files")
    assert hub.pull("org/mixed").read_bytes() == weights
    for name in EVIL:
        with pytest.raises(ValueError):
            hub.pull(hub.Address("org/evil", file=name))
    assert not [path for path in files_below(tmp_path) if "evil" in Path(path).name]
    assert all(path.startswith("home/hub/models--org--mixed/") or ".locks" in path for path in files_below(tmp_path))
    assert not Path("/tmp/evil.pth").exists()


@pytest.mark.parametrize("field", ["commit", "checksum"])
def test_commits_and_checksums_that_are_paths_are_refused(
    there: Hub, weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    there.repos[REPO] = Repo({"../../evil": {"generator.pth": weights}}, {"main": "../../evil"})
    if field == "checksum":
        there.add(REPO, {"generator.pth": weights})
        monkeypatch.setattr(hub_server, "sha256", lambda _: "../../evil")
    refused(REPO, "org/name has no files" if field == "checksum" else "The Hub names no proper commit for org/name")
    assert not files_below(tmp_path)


def test_code_in_what_is_pulled_does_not_run(there: Hub, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    attack = Attack(f"touch {trace}")
    there.add(REPO, {"pytorch_model.bin": written(made.mlp() | {"x": attack}), "config.json": b"{}", "modeling.py": b"1/0"})
    assert Pipeline.load(REPO).title == "MLP of 3 layers"  # the object beside the weights is left out
    assert not trace.exists()
    os.system(attack.command)
    assert trace.exists(), "the attack itself must work, else this test proves nothing"


@pytest.mark.parametrize("config", [b"", b"[]", b"{}", b'{"format": "ganlab-1"}', b"\xff", b"[" * 5000])
def test_a_config_that_is_not_ours_leaves_the_weights_to_the_adapters(there: Hub, config: bytes) -> None:
    there.add(REPO, {"config.json": config, "model.safetensors": _safetensors()})
    assert Pipeline.load(REPO).title == "MLP of 3 layers"


def _safetensors() -> bytes:
    from safetensors.torch import save

    return save(made.mlp())


def test_two_pulls_at_once_download_once(there: Hub, weights: bytes) -> None:
    there.add(REPO, {"generator.pth": weights})
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(hub.pull(REPO))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 1 and len(paths) == 4 and len(there.bodies()) == 1


def test_the_catalogue_knows_where_each_model_is(there: Hub, weights: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = pretrained.named("horse2zebra")
    assert entry is not None and entry.address
    assert entry.state == "downloadable"
    assert {other.state for other in catalogue() if other.origin != "hub"} == {"shipped"}
    torch.manual_seed(0)
    repo = there.repos[f"spaces/{entry.address.repo}"] = Repo()
    commit = repo.commit({entry.address.file: written(made.resnet(2))})
    repo.commits = {"3ce13dc" + commit[7:]: repo.commits[commit]}
    pipeline = Pipeline.load("horse2zebra")
    assert pipeline.route_title("AtoB") == "horse to zebra"
    assert entry.state == "cached"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert entry.state == "cached" and pretrained.named("zebra2horse").state == "offline"  # type: ignore[union-attr]
    assert Pipeline.load("horse2zebra").translates
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE"):
        Pipeline.load("zebra2horse")
