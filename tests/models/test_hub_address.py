"""What people type for a place on the Hub, and which file of a repository is the model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganlab.data.hub.address import Address, HubError, means_the_hub, parse, safe
from ganlab.models.hub.choose_file import choose, own_folder


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("org/name", Address("org/name")),
        (" org/name/ ", Address("org/name")),
        ("org/name@v1.0", Address("org/name", revision="v1.0")),
        ("org/name@refs/pr/1", Address("org/name", revision="refs/pr/1")),
        ("org/name@feature%2Fx", Address("org/name", revision="feature/x")),
        ("org/name@feature%2Fx/a.pth", Address("org/name", revision="feature/x", file="a.pth")),
        ("https://huggingface.co/org/name/tree/feature%2Fx", Address("org/name", revision="feature/x")),
        ("org/name/path/to/file.pth", Address("org/name", file="path/to/file.pth")),
        ("org/name@3ce13dc/a.pth", Address("org/name", revision="3ce13dc", file="a.pth")),
        ("spaces/org/name", Address("org/name", "space")),
        ("spaces/org/name/a/b.pth", Address("org/name", "space", file="a/b.pth")),
        ("models/org/name", Address("org/name")),
        ("hf://org/name@main/x.bin", Address("org/name", revision="main", file="x.bin")),
        ("https://huggingface.co/org/name", Address("org/name")),
        ("huggingface.co/org/name/tree/dev", Address("org/name", revision="dev")),
        ("https://huggingface.co/spaces/o/n/blob/main/a/b.pth", Address("o/n", "space", "main", "a/b.pth")),
        ("https://huggingface.co/o/n/resolve/main/a%20b.pth?download=true", Address("o/n", revision="main", file="a b.pth")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse(text) == address
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no address on the Hub: write org/name"),
        ("name", "is no address on the Hub"),
        ("org/na me", "is no address on the Hub"),
        ("a/b\nc", "is no address on the Hub"),
        ("https://example.com/org/name", "is no address on the Hub"),
        ("https://huggingface.co/org/name/discussions/1", "is no address on the Hub"),
        ("datasets/org/name", "is a dataset on the Hub, which holds no model"),
        ("org/name/../../evil", "names a file outside of its repository"),
        ("https://huggingface.co/o/n/resolve/main/%2e%2e/evil.pth", "names a file outside of its repository"),
        (r"org/name/..\..\evil", "names a file outside of its repository"),
        ("org/name/C:/evil", "names a file outside of its repository"),
        ("org/name@../../evil", "is no revision"),
        ("org/name@a%2F..%2Fb", "is no revision"),
    ],
)
def test_what_is_none_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(HubError) as refusal:
        parse(text)
    assert words in str(refusal.value) and "\n" not in str(refusal.value) and str(refusal.value).endswith(".")


@given(st.text(max_size=40) | st.from_regex(r"(spaces/|https://huggingface\.co/)?[\w.-]{1,6}/[\w.-]{1,6}(@.{0,8})?(/.{0,12})?"))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse(text)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        parts = [*address.repo.split("/"), *address.revision.split("/"), *address.file.split("/")]
        assert ".." not in parts and len(address.repo.split("/")) == 2 and parse(str(address)) == address


@given(st.text(max_size=30))
def test_safe_names_stay_in_their_folder(name: str) -> None:
    if safe(name):
        assert (Path("/root") / name).resolve().is_relative_to("/root") and "\\" not in name and ":" not in name


def test_a_mistyped_path_is_not_looked_for_on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.chdir(tmp_path)
    assert means_the_hub("org/name") and means_the_hub("https://huggingface.co/org/name")
    for path in ("checkpoints/nme", "./org/name", "/org/name", "~/x/y", "name", f"{tmp_path}/a", "org/name\0"):
        assert not means_the_hub(path)


OWN = ["README.md", "config.json", "model.safetensors", "discriminators.safetensors", "training_state.pt"]


def test_our_layout_is_seen_at_the_top_and_in_folders() -> None:
    assert own_folder(OWN, "") == "" == own_folder(OWN, "model.safetensors")
    assert own_folder([f"a/b/{name}" for name in OWN], "a/b") == "a/b"
    assert own_folder([f"a/b/{name}" for name in OWN], "a/b/model.safetensors") == "a/b"
    assert own_folder(["model.safetensors", "pytorch_model.bin"], "") is None


@pytest.mark.parametrize(
    ("names", "file", "chosen"),
    [
        (["README.md", "pytorch_model.bin"], "", "pytorch_model.bin"),
        (["pytorch_model.bin", "model.safetensors"], "", "model.safetensors"),
        (["latest_net_D.pth", "latest_net_G.pth", "optimizer.pt"], "", "latest_net_G.pth"),
        (["G.pth", "D.pth", "training_args.bin", "logs/run.ckpt"], "", "G.pth"),
        (["encoder.pth", "generator.pth"], "", "generator.pth"),
        (["model.pth", "epochs/1.pth", "epochs/2.pth"], "", "model.pth"),
        (["a/x/net_G.pth", "a/y/net_G.pth"], "a/y", "a/y/net_G.pth"),
        (["a/x.weird"], "a/x.weird", "a/x.weird"),
        (["../../evil.pth", "/etc/evil.pth", r"..\evil.pth", "good.pth"], "", "good.pth"),
    ],
)
def test_the_one_file_that_can_be_the_generator(names: list[str], file: str, chosen: str) -> None:
    assert choose(names, Address("o/n", file=file)) == chosen


@pytest.mark.parametrize(
    ("names", "file", "words"),
    [
        ([], "", "o/n has no files"),
        (["x.pth"], "y.pth", "o/n has no file 'y.pth'"),
        (["README.md", "model.onnx"], "", r"holds no file of weights that can be loaded here (.safetensors, .pth"),
        (["saved_model.pb", "variables/variables.index"], "", "holds a Keras or TensorFlow model"),
        (["../evil.pth"], "", "o/n has no files"),
        (["G_AB.pth", "G_BA.pth"], "", "holds 2 files of weights (G_AB.pth, G_BA.pth): name the one you want, as o/n/G_AB.pth"),
    ],
)
def test_none_or_too_many_is_said_in_one_sentence(names: list[str], file: str, words: str) -> None:
    with pytest.raises(HubError) as refusal:
        choose(names, Address("o/n", file=file))
    assert words in str(refusal.value) and "\n" not in str(refusal.value)
