"""Pushing a model onto the Hub: what is needed to use and to assess it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganlab import __version__
from ganlab.core.guesses import explained
from ganlab.core.names import from_json, to_json
from ganlab.data.hub.address import Address, HubError, client, parse
from ganlab.data.hub.errors import LOGIN, in_sentences
from ganlab.metrics.value import Value
from ganlab.models.cards.write import Facts, extend, write
from ganlab.models.catalogue import find
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run, runs

if TYPE_CHECKING:
    from torch import Tensor

CARD, SAMPLES = "README.md", "samples.png"
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@explained
def push(
    source: str | Path | Run,
    repo: str,
    *,
    private: bool = True,
    token: str | None = None,
    licence: str = "",
    values: Sequence[Value] = (),
) -> str:
    """Upload a run's newest checkpoint, a shipped model or a checkpoint folder as `repo` ("org/name"); return its page.

    What goes up: config.json (without paths of this machine), model.safetensors, discriminators.safetensors and samples.png
    where there are any, and a model card with `values` and `licence`; never training_state.pt. The repository is made if need
    be; one that is public already takes no private push. HubError, one sentence, when it cannot be done.
    """
    address = _target(repo)
    files = content(source.path if isinstance(source, Run) else source, address.repo, licence=licence, values=values)
    library = client()
    with in_sentences(address):
        if not (token or library.get_token()):
            raise HubError(f"Pushing needs a token that may write: {LOGIN}.")
        api = library.HfApi(token=token, library_name="ganlab", library_version=__version__)
        _make(api, address, private)
        operations = [library.CommitOperationAdd(name, data) for name, data in files.items()]
        try:
            api.create_commit(address.repo, operations, commit_message="Push a model with GANLab")
        except RuntimeError as error:  # the client wraps what went wrong with one file
            raise error.__cause__ or error from None
    return address.page


def _target(repo: str) -> Address:
    address = parse(repo)
    if address.kind != "model" or address.revision or address.file:
        raise HubError(f"{repo!r} is no place to push to: write org/name.")
    return address


def _make(api: Any, address: Address, private: bool) -> None:
    """The repository, new or already there; HubError rather than showing the public what was meant to be private."""
    api.create_repo(address.repo, private=private, exist_ok=True)
    if private and not api.repo_info(address.repo).private:
        raise HubError(f"{address.repo} is there already and public: push with --public, or choose another name.")


def content(source: str | Path, repo: str, *, licence: str = "", values: Sequence[Value] = ()) -> dict[str, Path | bytes]:
    """{file name: its path or content} of what a push uploads; ValueError when `source` is no model of ours."""
    folder = find(source)
    if not folder.is_dir():
        raise HubError(f"{source} is a file of foreign weights: only runs and checkpoints of GANLab can be pushed.")
    info, run = checkpoint.read_info(folder), _run_of(folder)
    files: dict[str, Path | bytes] = {checkpoint.INFO: _public(folder), checkpoint.MODEL: folder / checkpoint.MODEL}
    if (folder / checkpoint.DISCRIMINATORS).is_file():
        files[checkpoint.DISCRIMINATORS] = folder / checkpoint.DISCRIMINATORS
    if samples := _samples(folder, run, info.step):
        files[SAMPLES] = samples
    tensors = checkpoint.read_model(folder)
    facts = Facts(repo, info, count_parameters(tensors), run, values, licence, samples is not None)
    own = folder / CARD  # a shipped model's has more than can be derived
    text = extend(own.read_text(), facts) if own.is_file() else write(facts)
    return files | {CARD: text.encode()}


def count_parameters(tensors: Mapping[str, Tensor]) -> int:
    """Numbers that were learned, without running statistics."""
    return sum(tensor.numel() for name, tensor in tensors.items() if not name.endswith(_STATISTICS))


def _run_of(folder: Path) -> Run | None:
    """The run that a checkpoint lies in."""
    home = folder.resolve().parent.parent
    return next((run for run in runs(home.parent) if run.path.resolve() == home), None)


def _samples(folder: Path, run: Run | None, step: int) -> Path | None:
    """The sheet beside the checkpoint, or the run's last one up to its step."""
    if (folder / SAMPLES).is_file():
        return folder / SAMPLES
    steps = [known for known in run.samples() if known <= step] if run else []
    path = run.sample_path(steps[-1]) if run and steps else None
    return path if path and path.is_file() else None


def _public(folder: Path) -> bytes:
    """config.json without the folders of this machine; nothing that uses the model reads them."""
    values = from_json((folder / checkpoint.INFO).read_bytes(), names="labels")
    config = values["config"]
    config |= {"data_path": ""} if "data_path" in config else {}
    if "start_from" in config:
        config["start_from"] = Path(str(config["start_from"])).name
    return (to_json(values, indent=2) + "\n").encode()
