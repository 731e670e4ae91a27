"""How decisions read: known keys in the field's words, unknown ones as they are, never a control character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ganlab.app.views.decision_wording import basis_text, decision_text, lines
from ganlab.core.names import shown
from ganlab.models.adapters.foreign import Basis, Decision

TEXTS = st.text(max_size=30)


def test_known_and_unknown_keys() -> None:
    assert decision_text(Decision("activation", "leaky_relu(0.01)", (), Basis.ASSUMED)) == "activation LeakyReLU 0.01"
    assert decision_text(Decision("z", "uniform(-1,1)", (), Basis.ASSUMED)) == "distribution of z uniform from -1 to 1"
    assert decision_text(Decision("colour", "bgr", (), Basis.CHOSEN)) == "colour bgr"
    strides = Decision("strides", "t1p0 t2p1 t2p0o1", (), Basis.ASSUMED)
    assert decision_text(strides) == "strides 1, 2, 2; padding 0, 1, 0; output padding 0, 0, 1"
    assert decision_text(Decision("strides", "t1p0 u2", (), Basis.ASSUMED)) == "strides t1p0 u2"
    assert decision_text(Decision("label", "one-hot first 10", (), Basis.ASSUMED)) == "label one-hot before z, 10 classes"
    assert lines((), ()) == [] and all(map(basis_text, Basis))


@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from(Basis)), max_size=6), st.lists(TEXTS, max_size=6))
def test_every_line_is_one_line_that_a_terminal_can_show(found: list[tuple[str, str, Basis]], unused: list[str]) -> None:
    decisions = [Decision(setting, value, (value,), basis) for setting, value, basis in found]
    for line in lines(decisions, unused):
        assert shown(line) == line and "\n" not in line
    assert len(lines(decisions, unused)) == len({basis for *_, basis in found}) + bool(unused)
