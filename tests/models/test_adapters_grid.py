"""Other people's generators over a grid: loaded to equal pictures, or with the assumption listed that makes them differ."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from ganlab.models.adapters import recognition
from ganlab.models.adapters.foreign import Basis, Foreign
from tests.support import authors
from tests.support.authors import ACTIVATIONS, LABELS, LAYOUTS, NAMES, NORMS, SPECTRAL, WRAPPERS, Case

_EQUAL = 1e-3  # of pictures in [-1, 1]; a byte is 8e-3


def cases(norms: tuple[str, ...]) -> st.SearchStrategy[Case]:
    axes = {
        "layout": LAYOUTS,
        "norm": norms,
        "activation": tuple(ACTIVATIONS),
        "label": LABELS,
        "names": NAMES,
        "wrapper": WRAPPERS,
        "spectral": ("no", *SPECTRAL),
        "channels": (1, 3),
        "output": ("tanh", "sigmoid"),
        "z": ("normal", "uniform(-1,1)"),
    }
    return st.builds(Case, **{axis: st.sampled_from(values) for axis, values in axes.items()}).map(Case.sensible)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases(("none",)))
def test_without_norms_nothing_differs_in_silence(case: Case) -> None:
    check(case)


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases(NORMS[1:]))
def test_with_batch_norm_nothing_differs_in_silence(case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    """Equal pictures; or else assumptions are listed, and with the truth in their place the pictures are equal."""
    author = authors.trained(case)
    state = authors.saved(author)
    z, label = authors.latents(case, 4, 7), torch.arange(4)
    expected = author(z, label)
    foreign = recognition.recognise(state)
    assert not foreign.unused
    if same(drawn(foreign, z, label), expected):
        return
    truth = case.truth()
    evident = {decision.setting: decision.value for decision in foreign.decisions if decision.basis is Basis.EVIDENCE}
    assert all(truth[setting] == value for setting, value in evident.items()), (evident, case)
    assumed = [decision for decision in foreign.decisions if decision.basis is Basis.ASSUMED]
    assert any(decision.value != truth[decision.setting] for decision in assumed), case
    right = recognition.recognise(state, assume={decision.setting: truth[decision.setting] for decision in assumed})
    assert same(drawn(right, z, label), expected), case


def drawn(foreign: Foreign, z: Tensor, label: Tensor) -> Tensor | None:
    if foreign.z_dim != z.shape[1]:
        return None
    with torch.inference_mode():
        return foreign.generators["G"](z, label if foreign.labels else None)


def same(made: Tensor | None, expected: Tensor) -> bool:
    return made is not None and made.shape == expected.shape and bool((made - expected).abs().max() < _EQUAL)


@pytest.mark.parametrize(
    ("activation", "norm"),
    [
        *((activation, "batch") for activation in ("relu", "leaky_relu(0.2)", "elu", "tanh")),
        ("relu", "activation first"),
        ("leaky_relu(0.2)", "activation first"),
        ("tanh", "0.8"),
    ],
)
def test_statistics_tell_activation_and_epsilon(activation: str, norm: str) -> None:
    """relu and leaky_relu(0.01), and 1e-05 and 0.001, are too near to each other: then the likelier is assumed."""
    case = Case("mlp", norm, activation, "none", "numbered")
    foreign = recognition.recognise(authors.saved(authors.trained(case)))
    values = {decision.setting: decision.value for decision in foreign.decisions}
    assert values["activation"] == activation and values["epsilon"] == case.truth()["epsilon"]
    options = {decision.setting: decision.options for decision in foreign.decisions}
    assert activation != "leaky_relu(0.2)" or "relu" not in options["activation"][1:] or values["activation"] == activation


@pytest.mark.parametrize("activation", authors.RARER)
def test_rarer_activations_are_told_too(activation: str) -> None:
    author = authors.trained(Case("mlp", "batch", activation, names="numbered"))
    found = {decision.setting: decision for decision in recognition.recognise(authors.saved(author)).decisions}["activation"]
    assert (found.value, found.basis) == (activation, Basis.EVIDENCE)


@pytest.mark.parametrize("label", ["one-hot last", "one-hot first", "embedding last", "embedding first"])
def test_loud_columns_tell_the_label_and_its_side(label: str) -> None:
    case = Case(label=label)
    foreign = recognition.recognise(authors.saved(authors.trained(case)))
    found = {decision.setting: decision for decision in foreign.decisions}["label"]
    assert (found.value, found.basis) == (case.truth()["label"], Basis.EVIDENCE)
    assert (foreign.z_dim, len(foreign.labels)) == (case.z_dim, 10)


def test_statistics_as_made_decide_nothing() -> None:
    """A network that was never trained keeps mean 0 and variance 1 in every batch norm."""
    author = authors.Author(Case("mlp", "batch", "elu", names="numbered")).eval()
    foreign = recognition.recognise(authors.saved(author))
    assert all(decision.basis is Basis.ASSUMED for decision in foreign.decisions if decision.setting != "label")


def test_what_cannot_be_assumed_is_refused_in_one_sentence() -> None:
    state = authors.saved(authors.trained(Case()))
    with pytest.raises(ValueError, match="'padding' is no open setting of these weights: label, z, activation, output are"):
        recognition.recognise(state, assume={"padding": "reflect"})
    with pytest.raises(ValueError, match="activation = 'rleu' is not possible for these weights: relu, "):
        recognition.recognise(state, assume={"activation": "rleu"})
    assert recognition.recognise(state, assume={"activation": "leaky_relu(0.3)"}).decisions


TRANSLATORS: dict[str, tuple[Callable[[], nn.Module], dict[str, str]]] = {
    "two to a block": (authors.Homework, {}),
    "one to a block": (lambda: authors.Homework(single=True, blocks=3), {}),
    "leaky": (lambda: authors.Homework(slope=0.2), {"activation": "leaky_relu(0.2)"}),
    "no norm": (lambda: authors.Homework(norm="none"), {}),
    "affine": (lambda: authors.Homework(norm="affine", blocks=6), {}),
    "instance": (lambda: authors.Homework(norm="instance"), {}),
    "skips": (authors.SmallUNet, {}),
}


@pytest.mark.parametrize("case", TRANSLATORS)
@torch.inference_mode()
def test_homework_translators_are_read_by_structure(case: str) -> None:
    torch.manual_seed(0)
    build, assume = TRANSLATORS[case]
    author = build()
    for _ in range(3):
        author(torch.randn(2, 3, 64, 64))
    author.eval()
    state = {f"G_XtoY.{name}": tensor.clone() for name, tensor in author.state_dict().items()}
    foreign = recognition.recognise(state, assume=assume)
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    torch.testing.assert_close(foreign.generators["G"](image), author(image), atol=1e-4, rtol=0)
    assert foreign.spec.conditioning.between_images and foreign.generators["G"].multiple in (4, 8)
    listed = {decision.setting for decision in foreign.decisions}
    assert {"activation", "padding", "input", "output", "size"} <= listed
    assert ("epsilon" in listed) == (case not in ("no norm", "instance"))


@pytest.mark.parametrize("build", [authors.TwoLinears, authors.TwoDeconvolutions, authors.LabelAsMap])
@torch.no_grad()
def test_a_label_with_a_layer_of_its_own(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    author = build()
    for layer in author.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            layer.momentum = None
    for _ in range(8):
        author(torch.randn(64, 20), torch.arange(64) % 10)
    authors.settled(author).eval()
    foreign = recognition.recognise(author.state_dict())
    assert (foreign.z_dim, len(foreign.labels)) == (20, 10)
    z, label = torch.randn(5, 20), torch.arange(5)
    torch.testing.assert_close(foreign.generators["G"](z, label), author(z, label), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("slope", "activation"), [(0.0, "relu"), (0.2, "leaky_relu(0.2)")])
@torch.no_grad()
def test_norms_that_follow_each_other_tell_a_translators_activation(slope: float, activation: str) -> None:
    torch.manual_seed(0)
    author = authors.Homework(width=16, slope=slope)
    for layer in author.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None
            nn.init.normal_(layer.weight, 1, 0.2)
            nn.init.normal_(layer.bias, 0, 0.3)
    for _ in range(4):
        author(nn.functional.interpolate(torch.rand(8, 3, 8, 8) * 2 - 1, size=64, mode="bilinear"))
    found = {
        decision.setting: decision for decision in recognition.recognise(authors.settled(author).eval().state_dict()).decisions
    }["activation"]
    assert found.value == activation and len(found.options) == 2
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    foreign = recognition.recognise(author.state_dict())
    torch.testing.assert_close(foreign.generators["G"](image), author(image), atol=1e-4, rtol=0)


def test_statistics_of_a_few_batches_decide_nothing() -> None:
    """They still hold much of what a batch norm starts with."""
    author = authors.trained(Case("mlp", "batch", "elu", names="numbered"))
    state = {name: torch.tensor(5) if name.endswith("tracked") else tensor for name, tensor in authors.saved(author).items()}
    found = {decision.setting: decision for decision in recognition.recognise(state).decisions}
    assert found["activation"].basis is Basis.ASSUMED and len(found["activation"].options) == 8
