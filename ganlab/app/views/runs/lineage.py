"""Forks below the runs they went on from, with what was changed."""

from __future__ import annotations

import streamlit as st

from ganlab.app.views.permissions import redacted
from ganlab.app.views.setting_titles import setting_title
from ganlab.app.views.wording import escaped, progress, run_label
from ganlab.core.config import Value
from ganlab.runtime.lineage import Kin, families
from ganlab.runtime.run import UNREADABLE, runs

_INDENT = 32  # pixels a generation
_MOST = 100  # rows


def family_tree() -> None:
    """Every family of forks; nothing while there is no fork."""
    found = families(runs())
    if not found:
        return
    st.subheader("Forks", anchor=False)
    left = _MOST
    for number, family in enumerate(found):
        with st.container(border=True, gap=None, key=f"family/{number}"):
            for kin in family[:left]:
                _row(kin)
        left -= len(family)
        if left <= 0:
            break
    if left < 0 or number + 1 < len(found):
        st.caption(f"These are {_MOST} of {sum(map(len, found)):,} runs with forks.")


def _row(kin: Kin) -> None:
    try:
        label, status = run_label(kin.run), kin.run.status()
    except UNREADABLE:  # deleted meanwhile, or damaged: the table says so
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if kin.depth:
            st.space(_INDENT * kin.depth)
        icon = ":material/subdirectory_arrow_right:" if kin.depth else ":material/account_tree:"
        st.page_link("pages/watch.py", label=escaped(label), icon=icon, query_params={"run": kin.run.id})
        st.caption(" · ".join(filter(None, [escaped(_origin(kin)), f"{status.state}, {progress(status)}"])))


def _origin(kin: Kin) -> str:
    if kin.step is None:
        return ""
    changes = redacted(dict(kin.changes))
    changed = ", ".join(f"{setting_title(name)} {_plain(before)} → {_plain(after)}" for name, (before, after) in changes.items())
    return f"from step {kin.step:,}" + (f": {changed}" if changed else ", nothing changed")


def _plain(value: Value | None) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
