"""A page that is left open is computed again when something has changed, and not before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import streamlit as st

from ganlab.app.views import fresh


def test_only_a_change_computes_the_page_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Callable[[], None]] = []
    reruns: list[int] = []
    monkeypatch.setattr(st, "fragment", lambda run_every: lambda function: kept.append(function) or function)
    monkeypatch.setattr(st, "rerun", lambda: reruns.append(1))
    known = ["a"]
    fresh.when_changed(lambda: list(known), 1.0)
    kept[0]()
    assert not reruns
    known.append("b")
    kept[0]()
    assert reruns == [1]
