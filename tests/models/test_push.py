"""Pushing to a Hub on this machine with the real client: what goes up, what stays here, and that it comes back the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

from ganlab import Pipeline, Run
from ganlab.__main__ import main
from ganlab.metrics.value import Value
from ganlab.models import hub
from ganlab.models.cards.write import train_command
from ganlab.models.catalogue import SHIPPED
from ganlab.models.publish.push import content, push
from ganlab.runtime.worker import work
from tests.support.hub_server import STRANGER, TOKEN, Hub, environment, use
from tests.support.small import small

pytestmark = pytest.mark.filterwarnings("ignore:Use .content:DeprecationWarning")  # of the client's own calls
REPO = "org/name"
VALUE = Value("frechet-lenet", 3.21, 0.4, 1000, 1000, "shapes train", "lenet", "none", 0)


@pytest.fixture
def run(little_data: None) -> Run:
    """A run with a private path in its settings, and all that training leaves."""
    config = small("cgan", steps=4, image_size=16, sample_every=2, checkpoint_every=2)
    made = Run.create(config.replace(data_path="/home/somebody/secret"))
    work(made)
    assert made.status().state == "finished", made.status()
    assert (made.checkpoints()[-1] / "training_state.pt").is_file()
    return made


def refused(words: str, *arguments: Any, **how: Any) -> None:
    with pytest.raises(ValueError) as refusal:
        push(*arguments, **how)
    text = str(refusal.value)
    assert words in text and text.endswith(".") and "\n" not in text and "127.0.0.1" not in text, text


def test_what_is_pushed_comes_back_bit_for_bit_into_another_cache(
    there: Hub, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = push(run.id, REPO, token=TOKEN, licence="mit", values=[VALUE])
    assert page == "https://huggingface.co/org/name"
    repo = there.repos[REPO]
    assert repo.private
    assert set(repo.files) == {"config.json", "model.safetensors", "samples.png", "README.md"}
    assert repo.files["samples.png"] == run.sample_path(4).read_bytes()
    assert repo.files["model.safetensors"] == (run.checkpoints()[-1] / "model.safetensors").read_bytes()
    assert not any(b"secret" in data for data in repo.files.values())

    use(there, tmp_path / "another home", monkeypatch)
    mine = Pipeline.load(run.id)
    place = hub.pull(REPO, token=TOKEN)
    theirs = Pipeline.from_pretrained(place)
    assert torch.equal(mine.generate(mine.latents(20, seed=7)), theirs.generate(theirs.latents(20, seed=7)))
    assert theirs.labels == mine.labels and theirs.step == 4
    assert theirs.title == mine.title


def test_the_card_says_what_it_is_how_it_was_made_and_what_it_measures(run: Run) -> None:
    files = content(run.id, REPO, licence="mit", values=[VALUE])
    card = files["README.md"].decode()  # type: ignore[union-attr]
    head = card.split("---")[1]
    for line in ("library_name: ganlab", "license: mit", "pipeline_tag: unconditional-image-generation"):
        assert line in head.splitlines()
    assert "# CGAN on Shapes" in card and "![Samples](samples.png)" in card
    assert "| training | 4 steps of 8 images, " in card and " parameters |" in card
    assert f"- {VALUE}" in card and "1,000 images against 1,000 of shapes train" in card
    assert "ganlab sample org/name -n 64" in card and 'Pipeline.from_pretrained("org/name")' in card
    assert "ganlab train --family cgan shapes --image-size 16" in card and "--steps 4" in card
    assert "secret" not in card and "data-path" not in card and str(Path.home()) not in card
    plain = content(run.id, REPO)["README.md"].decode()  # type: ignore[union-attr]
    assert "license: other" in plain and "not stated by its author" in plain and "Nothing was measured." in plain


def test_the_command_in_the_card_trains_the_same_config(run: Run) -> None:
    from ganlab import runs
    from ganlab.runtime import checkpoint

    info = checkpoint.read_info(run.checkpoints()[-1])
    assert main([*train_command(info).split()[1:], "--device", "cpu"]) == 0
    again = runs()[0]
    assert again.id != run.id and again.config.replace(data_path="") == run.config.replace(data_path="")


def test_a_recipe_is_named_with_what_was_changed() -> None:
    from ganlab.runtime import checkpoint

    info = checkpoint.read_info(SHIPPED / "digits-quick")
    assert train_command(info) == "ganlab train --recipe digits-quick"
    changed = replace(info, config=info.config | {"lr": 0.01, "betas": [0.5, 0.9], "dataset": "fashion-mnist", "device": "cuda"})
    assert train_command(changed) == "ganlab train --recipe digits-quick fashion-mnist --lr 0.01 --betas 0.5 0.9"


def test_a_shipped_model_goes_up_with_its_own_card_and_its_discriminators(there: Hub) -> None:
    push("horse2zebra-light", REPO, token=TOKEN, private=False, values=[VALUE])
    repo = there.repos[REPO]
    assert not repo.private
    names = {"config.json", "model.safetensors", "discriminators.safetensors", "samples.png", "README.md"}
    assert set(repo.files) == names
    card = repo.files["README.md"].decode()
    own = (SHIPPED / "horse2zebra-light" / "README.md").read_text().rstrip()
    assert own.partition("\n---\n")[2] in card and card.startswith(own.partition("\n---\n")[0])  # the head has the value too
    assert "ganlab translate photo.jpg --model org/name" in card and f"- {VALUE}" in card
    pipeline = Pipeline.from_pretrained(REPO)
    assert set(pipeline.discriminators) == {"D_A", "D_B"} and pipeline.route_title("AtoB") == "horse to zebra"


def test_a_second_push_is_a_new_commit(there: Hub) -> None:
    push("shapes-quick", REPO, token=TOKEN)
    first = there.repos[REPO].refs["main"]
    push("digits-quick-conditional", REPO, token=TOKEN)
    repo = there.repos[REPO]
    assert repo.refs["main"] != first
    old = Pipeline.from_pretrained(hub.pull(f"{REPO}@{first}", token=TOKEN))
    assert old.labels != Pipeline.from_pretrained(hub.pull(REPO, token=TOKEN)).labels


def test_what_cannot_be_pushed_is_said_in_one_sentence(there: Hub, tmp_path: Path) -> None:
    refused("Pushing needs a token that may write: log in with `hf auth login`, or set HF_TOKEN.", "shapes-quick", REPO)
    refused("The Hub forbids this for org/name", "shapes-quick", REPO, token=STRANGER)
    refused("The Hub refuses the token it was given for org/name", "shapes-quick", REPO, token="hf_expired")
    refused("is no address on the Hub", "shapes-quick", "name", token=TOKEN)
    for repo in ("spaces/org/name", "org/name/file.pth", "org/name@main"):
        refused("is no place to push to: write org/name.", "shapes-quick", repo, token=TOKEN)
    refused("There is no model 'nothing'", "nothing", REPO, token=TOKEN)
    file = tmp_path / "theirs.pth"
    torch.save({"x": torch.ones(1)}, file)
    refused("is a file of foreign weights", file, REPO, token=TOKEN)
    assert REPO not in there.repos
    there.add(REPO, {"README.md": b"hello"})
    refused(
        "org/name is there already and public: push with --public, or choose another name.", "shapes-quick", REPO, token=TOKEN
    )
    assert set(there.repos[REPO].files) == {"README.md"}
    push("shapes-quick", REPO, token=TOKEN, private=False)
    assert "model.safetensors" in there.repos[REPO].files


def test_offline_pushes_nothing(there: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    refused("HF_HUB_OFFLINE", "shapes-quick", REPO, token=TOKEN)
    assert not there.asked


def test_the_mixin_of_the_client_reads_and_writes_our_layout(there: Hub, tmp_path: Path) -> None:
    from ganlab import Generators

    push("shapes-quick", REPO, token=TOKEN, private=False)
    networks = Generators.from_pretrained(REPO)
    pipeline = Pipeline.load("shapes-quick")
    z = pipeline.latents(4, seed=1)
    with torch.inference_mode():
        assert torch.equal(networks(z, torch.arange(4)), pipeline.generator(z, torch.arange(4)))
    assert not networks.training

    networks.save_pretrained(tmp_path / "saved")
    again = Pipeline.load(tmp_path / "saved")
    assert torch.equal(again.generate(z, range(4)), pipeline.generate(z, range(4))) and again.labels == pipeline.labels
    assert torch.equal(next(Generators.from_pretrained(tmp_path / "saved").parameters()), next(networks.parameters()))
    networks.push_to_hub("org/by-mixin", token=TOKEN)
    assert torch.equal(Pipeline.from_pretrained("org/by-mixin").generate(z, range(4)), pipeline.generate(z, range(4)))


def test_the_commands_in_a_process_of_their_own(there: Hub, tmp_path: Path) -> None:
    """HF_ENDPOINT, HF_HOME and HF_TOKEN as people set them, which the client reads when it is imported."""
    values = tmp_path / "values.json"
    values.write_text(json.dumps([VALUE.to_dict()]))
    sheet, home = tmp_path / "sheet.png", tmp_path / "one"
    push_it = ["push", "digits-quick", REPO, "--public", "--licence", "mit", "--values", str(values)]
    draw_it = ["sample", REPO, "-n", "6", "--seed", "7", "-o", str(sheet)]
    code = f"from ganlab.__main__ import main\nassert main({push_it}) == 0\nassert main({draw_it}) == 0"
    environ = os.environ | environment(there, home) | {"HF_TOKEN": TOKEN}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=200, check=False)
    assert done.returncode == 0 and "Public: https://huggingface.co/org/name" in done.stdout, done.stderr
    assert (home / "hub" / "models--org--name").is_dir()
    assert main(["sample", "digits-quick", "-n", "6", "--seed", "7", "-o", str(tmp_path / "mine.png")]) == 0
    assert sheet.read_bytes() == (tmp_path / "mine.png").read_bytes()


def test_pull_says_what_it_is_where_it_is_and_how_to_use_it(there: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    first = there.add(REPO, {path.name: path.read_bytes() for path in (SHIPPED / "shapes-quick").iterdir()})
    assert main(["pull", REPO]) == 0
    place, what, use = capsys.readouterr().out.splitlines()
    assert Path(place).is_relative_to(Path(constants.HF_HUB_CACHE)) and Path(place).name == first
    assert what == "CGAN, 28 pixels, grey, 115,009 parameters"
    assert use == "Draw from it with: ganlab sample org/name -n 64 -o sheet.png"
    assert main(["pull", REPO, "--revision", first]) == 0
    assert f"ganlab sample org/name@{first} -n 64" in capsys.readouterr().out
    assert main(["pull", "shapes-quick"]) == 2
    assert "shapes-quick is already on this machine: use it by this name." in capsys.readouterr().err
    there.add("org/theirs", {"latest_net_D.pth": b"x", "net.pth": b"no weights at all"})
    assert main(["pull", "org/theirs"]) == 2
    assert "net.pth is not a file of PyTorch weights" in capsys.readouterr().err


def test_the_zoo_lists_all_with_their_state(there: Hub, capsys: pytest.CaptureFixture[str], run: Run) -> None:
    assert main(["zoo"]) == 0
    text = capsys.readouterr().out
    assert run.id in text and "digits-quick " in text and "spaces/davidpiscasio/unpaired-img2img@3ce13dc" in text
    assert main(["zoo", "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (rows[run.id]["state"], rows["digits-quick"]["state"]) == ("trained", "shipped")
    assert rows["horse2zebra"]["state"] == "downloadable" and rows["horse2zebra"]["size"] == 45_575_747
    assert all(row["summary"] and row["licence"] and row["title"] and row["layout"] for row in rows.values())
    assert not there.asked


@pytest.mark.parametrize("arguments", [["pull", "nothing"], ["push", "nothing", "org/name"], ["push", "shapes-quick", "x"]])
def test_mistakes_are_one_sentence_and_exit_2(there: Hub, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "\n" not in capsys.readouterr().err.strip()
