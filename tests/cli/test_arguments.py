"""What a newcomer types wrong: everything at once, each in one sentence, and nothing is made."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab import runs
from ganlab.cli.arguments import Parser, read
from ganlab.cli.main import VERBS, main
from tests.support.hub_server import serving, use


def sentences(line: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(shlex.split(line)) == 2
    out, error = capsys.readouterr()
    assert not out and all(sentence.startswith("ganlab: ") and sentence[-1] in ".)" for sentence in error.splitlines()), error
    return [sentence.removeprefix("ganlab: ") for sentence in error.splitlines()]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("train shapes --epochs 5", ["has no --epochs; use --steps (generator updates in the whole run; an epoch is"]),
        ("train shapes --epochs=5 -lr 3", ["has no --epochs; use --steps", "has no -lr; use --lr (learning rate"]),
        ("train shapes --learning-rate 3 --bs 4", ["use --lr", "use --batch-size"]),
        ("train shapes --nz 3 --latent-dim 4 --img_size 64", ["use --z-dim", "use --z-dim", "use --image-size"]),
        ("train --num-workers 2 --output-dir x --name y", ["no processes load them", "GANLAB_RUNS", "is named by its time"]),
        ("train --dataset mnist", ["write DATASET without a flag, as in `ganlab train DATASET`."]),
        ("train shapes --gpu 0", ["has no --gpu; use --device"]),
        ("train shapes --pretrained x.pth", ["has no --pretrained; use --start-from"]),
        ("train shapes --stpes 3", ["has no --stpes; use --steps"]),
        ("train shapes --whatever", ["`ganlab train` has no --whatever; `ganlab train --help` lists what it has."]),
        ("train shapes --s 3", ["--s could be --steps or --start-from or --seed"]),
        ("train --steps", ["--steps needs a value: generator updates in the whole run."]),
        ("train shapes --betas 0.5 --lr -1e-3", ["--betas needs 2 values", "lr = -0.001 is out of range"]),
        (
            "train nowhere --epoch 5 --lr abc --steps -4 --family nope",
            [
                "use --steps",
                "family = 'nope' is not one of",
                "dataset = 'nowhere' is neither",
                "steps = -4 is",
                "lr = 'abc' is not",
            ],
        ),
        ("train shapes --recipe nope --lr nan", ["recipe = 'nope' is not one of", "lr = nan is out of range"]),
        (
            "train shapes --steps inf --seed 1e400",
            ["steps = 'inf' is not a whole number", "seed = '1e400' is not a whole number"],
        ),
        ("train shapes more words", ["'more' 'words' is more than `ganlab train` takes"]),
        ("train --fork", ["--fork needs a value"]),
        ("train --resume nope --epochs 3", ["use --steps", "There is no run named 'nope'."]),
        (
            "train empty --start-from nope --device quantum",
            ["device = 'quantum' is not on", "start_from = 'nope' cannot be opened.", "data_path = 'empty' holds no images"],
        ),
        ("train text.txt", ["data_path = 'text.txt' is neither a folder nor a zip"]),
        ("train folder", ["data_path is empty"]),
        ("train horse2zebra --family cyclegan", ["horse2zebra is not on this machine"]),
        (
            "train shapes --start-from digits-gan",
            ["channels is 1 (grey) there and 3 (colour) here, z_dim is 64 there and 100 here;"],
        ),
        ("sample -n abc --seed x --foo 3 digits-gan", ["has no --foo", "-n 'abc' is not a whole number.", "--seed 'x' is not"]),
        ("sample", ["MODEL is missing: a run, a checkpoint folder"]),
        ("sample --model digits-gan", ["write MODEL without a flag"]),
        ("sample digits-gan --num 3 --class 4", ["has no --num; use -n", "has no --class; use --label"]),
        ("evaluate a --split foo --n 1.5", ["--split 'foo' is not one of train, test.", "-n/--n '1.5' is not a whole number."]),
        ("evaluate --real A --fake B", ["has no --real; use --reference", "write SUBJECTS without a flag"]),
        ("translate --input photo.jpg --model m", ["write IMAGES without a flag"]),
        ("translate photo.jpg", ["--model is missing: a run, a shipped model"]),
        (
            "app --bind 0.0.0.0 --server.baseUrlPath lab",
            ["has no --bind; use --host", "options of the server stand behind --, as in `ganlab app -- --server.baseUrl"],
        ),
        ("compare", ["RUN is missing."]),
        ("runs --bogus --json=3", ["has no --bogus", "--json takes no value"]),
        ("zoo trian", ["action 'trian' is not one of list, train."]),
        ("train-classifier --epochs x", ["--epochs 'x' is not a whole number.", "DATASET is missing"]),
        ("distil --out x", ["TEACHER is missing", "RECIPE is missing"]),
    ],
)
def test_all_that_is_wrong_is_said_at_once(
    line: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("no pictures")
    found = sentences(line, capsys)
    for word in words:
        assert sum(word in sentence for sentence in found) >= words.count(word), (word, found)
    assert len(found) == len(words) and runs() == []


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_takes_an_unknown_flag(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"`ganlab {verb}` has no --frobnicate" in sentences(f"{verb} --frobnicate 3", capsys)[0]


def test_nothing_is_downloaded_where_a_word_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as hub:
        use(hub, tmp_path, monkeypatch)
        found = sentences("train shapes --start-from someone/shapes-quick --frobnicate 3 --device quantum", capsys)
        assert len(found) == 2 and "has no --frobnicate" in found[0] and "device = 'quantum' is not on" in found[1]
        assert not hub.asked


def test_a_verb_that_is_nearly_right_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evalute", "x"])
    assert "`ganlab evaluate` is near" in capsys.readouterr().err


@given(
    st.lists(
        st.sampled_from(["-n", "--n", "--lr", "-5", "-1e-3", "--lr=3", "x", "--", "-", "", "--unknown", "-q", "é", "nan", "-x=2"])
    )
)
def test_any_words_are_read_or_refused_in_sentences(words: list[str]) -> None:
    parser = Parser(prog="ganlab verb", add_help=False)
    parser.add_argument("model", help="a model (or so)")
    parser.add_argument("-n", type=int)
    parser.add_argument("--lr", type=float, help="the rate; of Adam")
    options, mistakes = read(parser, words)
    assert options is not None or mistakes
    assert all(mistake.endswith(".") for mistake in mistakes)
