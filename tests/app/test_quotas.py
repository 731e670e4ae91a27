"""The one table of limits: what docs/deployment.md prints of it, and the one option that raises it."""

from __future__ import annotations

import os
from typing import get_args

import pytest

from ganlab.__main__ import main
from ganlab.app import start
from ganlab.app.security import classroom, quotas
from ganlab.app.security.buckets import Quotas
from ganlab.app.security.rights import Action, Role
from ganlab.app.security.visitor import Visitor
from ganlab.app.views.limits_wording import markdown
from tests.support import ROOT


def test_the_documents_print_the_table() -> None:
    printed = (ROOT / "docs" / "deployment.md").read_text()
    assert markdown() in printed, "print it anew: python -m ganlab.app.views.limits_wording"


def test_every_row_has_a_name_of_its_own_and_every_number_can_be_asked_for() -> None:
    assert len({row.name for row in quotas.TABLE}) == len(quotas.TABLE)
    for row in quotas.TABLE:
        for per in get_args(quotas.Per):
            value = getattr(row, per)
            if isinstance(value, quotas.Rate):
                assert quotas.rate(row.name, per) == value and value.burst >= 1 and value.per_second > 0
            elif value is not None:
                assert quotas.most(row.name, per) == value >= 1


def test_one_factor_raises_what_may_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = quotas.rate("codes", "address")
    monkeypatch.setenv(quotas.VARIABLE, "2")
    assert quotas.rate("pictures", "seat") == (240, 120) and quotas.rate("files", "seat") == (40, 1)
    assert quotas.rate("codes", "address") == codes, "more guesses would open a class"
    monkeypatch.setenv(quotas.VARIABLE, "0.1")
    assert quotas.rate("files", "address") == (90, 1)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "two", "2,5", "²"])
def test_what_is_no_factor_is_one_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(quotas.VARIABLE, text)
    with pytest.raises(ValueError, match="is no factor of the limits"):
        start.check()
    monkeypatch.delenv(quotas.VARIABLE)
    monkeypatch.setenv(classroom.VARIABLE, "")
    assert main(["app", "--classroom", f"--limits={text}"]) == 2
    error = capsys.readouterr().err
    assert "is no factor of the limits" in error and error.count("\n") == 1


def test_the_option_belongs_to_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["app", "--limits", "2"]) == 2
    assert "--limits belongs to --classroom" in capsys.readouterr().err


def test_the_option_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (quotas.VARIABLE, classroom.VARIABLE):
        monkeypatch.setenv(variable, "")
    monkeypatch.setattr(os, "execv", lambda *_: 0)
    main(["app", "--classroom", "--limits", "2.5", "--port", "0"])
    assert quotas.factor() == 2.5


@pytest.mark.parametrize("path", ["/playground/", "/playground/config"])
def test_opening_the_playground_is_bounded_since_its_page_is_made_anew_each_time(path: str) -> None:
    quota, student = Quotas(lambda: 0.0), Visitor(Role.STUDENT, "one")
    waits = [quota.wait(student, "192.0.2.1", Action.PLAY, path, "GET", 0) for _ in range(21)]
    assert not any(waits[:20]) and waits[20] == pytest.approx(2.0)
