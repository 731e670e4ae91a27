"""The Watch page's parts: which runs, what can be done with them, and the live view itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views import fresh, run_actions, url_state
from ganlab.app.views.page_frame import address, class_line, dark, embed
from ganlab.app.views.permissions import error_text, may, redacted, show_failure
from ganlab.app.views.status_wording import damage_text, packages_text
from ganlab.app.views.watch.fork_dialog import fork_asked, fork_button
from ganlab.app.views.wording import escaped, run_label
from ganlab.core.lock import is_held
from ganlab.runtime.run import UNREADABLE, Run, damaged_runs, runs
from ganlab.runtime.status import ACTIVE

MOST = 4
_PAGE, _CHOSEN = "watch", "watch.run"
_BAR_SECONDS = 2.0
_LOOK_SECONDS = 1.5
_GONE = "The run in this link is not here."
_HEIGHT = 1150  # pixels until the live view says how tall it is


def asked(address: Mapping[str, str]) -> list[str]:
    """The runs that the URL names, else the newest active one, else the newest; none when there is none."""
    known = runs()
    ids = {run.id for run in known}
    named = [name for name in (address.get("runs") or address.get("run") or "").split(",") if name in ids]
    if address.get("runs") or address.get("run"):
        if not named:
            damages = {run.id: damage_text(run.id, damage) for run, damage in damaged_runs().items()}
            damage = redacted(damages.get(address.get("run", ""), ""))
            newest = " The newest one is shown." if known else ""
            st.warning((escaped(damage) if damage else _GONE) + newest)
        else:
            return list(dict.fromkeys(named))[:MOST]
    active = next((run.id for run in known if _active(run)), None)
    return [active] if active else [run.id for run in known[:1]]


def _active(run: Run) -> bool:
    try:
        return is_held(run.lock_path) and run.status().state in ACTIVE  # the lock first: it takes no look into the record
    except UNREADABLE:
        return False


def choose(ids: list[str]) -> list[str]:
    """Draw the selector of one run; its value goes into the URL, and the URL's into it. Several runs stay as they are."""
    known = {run.id: run for run in runs()}
    if len(ids) > 1:
        st.markdown(f"**{len(ids)} runs together**")
        return ids
    if url_state.changed_outside(_PAGE) or st.session_state.get(_CHOSEN) not in known:
        st.session_state[_CHOSEN] = ids[0]
    labels = {id: run_label(run) for id, run in known.items()}
    several = {label for label, times in Counter(labels.values()).items() if times > 1}
    # A browser says which item was chosen by what it reads: of two alike only one could be.
    titles = {id: f"{label} ({id})" if label in several else label for id, label in labels.items()}
    chosen = st.selectbox("Run", list(known), key=_CHOSEN, format_func=titles.__getitem__, label_visibility="collapsed")
    url_state.write(_PAGE, {"run": chosen})
    return [chosen]


def live_view(ids: list[str]) -> None:
    """The live view, in the visitor's theme."""
    embed("live/", _query(ids) | {"theme": "dark" if dark() else "light"}, height=_HEIGHT, title="Live view")


@st.fragment(run_every=_BAR_SECONDS)
def bar(ids: list[str]) -> None:
    """Offer what can be done with these runs now; refreshed every two seconds. Stopping is in the live view itself."""
    try:
        members = [Run.open(id) for id in ids]
        standings = [run.status() for run in members]
    except UNREADABLE as error:  # deleted by another visitor, or damaged
        st.warning(error_text(error))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(members) == 1:
            run_actions.resume_button(members[0], standings[0].state)
            run_actions.instead_link(members[0], standings[0])
            run_actions.play_button(members[0])
            fork_button(members[0])
        else:
            st.page_link("pages/runs.py", label="Choose other runs", icon=":material/list:")
        presented = address("live/", _query(ids) | {"present": "1"})
        st.link_button(
            "Present", presented, icon=":material/co_present:", help="For a projector: one chart or sheet at a time, large."
        )
        alone = address("live/", _query(ids))
        st.link_button("Open on its own", alone, icon=":material/open_in_new:", help="For a second screen.")
    if len(members) == 1:
        show_failure(members[0].id)
        if missing := packages_text(members[0].settings.packages):
            st.info(escaped(missing))


def fork_wanted(ids: list[str], wanted: Mapping[str, str]) -> None:
    """Open the fork dialog where the address that led here asked for it."""
    with suppress(ValueError):  # deleted by another visitor: the bar shows it
        if len(ids) == 1:
            fork_asked(Run.open(ids[0]), wanted)


def nothing_yet() -> None:
    """Show what to do while no run was ever started, until one is."""
    class_line()
    fresh.when_changed(lambda: bool(runs()), _LOOK_SECONDS)
    st.title("Watch", anchor=False)
    begin = "Start one, and" if may(Action.LAUNCH) else "Once your teacher starts one,"
    st.info(f"No runs yet. {begin} its curves and pictures appear here while it learns.")
    run_actions.train_link()


def _query(ids: list[str]) -> dict[str, str]:
    return {"run" if len(ids) == 1 else "runs": ",".join(ids)}
