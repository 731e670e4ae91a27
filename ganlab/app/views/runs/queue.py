"""Above the table of runs: which run has each device, which wait for it, how full the disk is, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from ganlab.app.security.rights import Action
from ganlab.app.views.cleanup_wording import cleaned_text, rule_text, shortage_text
from ganlab.app.views.permissions import attempt, may, redacted, requires, show_failure, visitor_name
from ganlab.app.views.wording import escaped, run_label
from ganlab.core.names import shown
from ganlab.core.text import byte_size, duration
from ganlab.runtime.cleanup import RULE, clean
from ganlab.runtime.device_queue import SANDBOX, Place, cancel, queue
from ganlab.runtime.disk import bytes_of, limit, room
from ganlab.runtime.limits import most_waiting, shortage, unfit
from ganlab.runtime.run import UNREADABLE, Run, runs_root

REFRESH_SECONDS = 3.0
_DISK = "runs.disk"


@st.fragment(run_every=REFRESH_SECONDS)
def queue_view() -> None:
    """Draw one line for each device in use and one for the disk; refreshed by itself."""
    places = queue()
    wrong = unfit()
    lacking = None if wrong else shortage()
    problem = wrong or (shortage_text(lacking) if lacking else "")
    if problem and may(Action.LAUNCH):
        st.warning(escaped(redacted(problem)), icon=":material/hard_disk:")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        for device, members in places.items():
            _device(device, members)
        if not wrong and may(Action.DELETE):
            _disk()


def _device(device: str, members: Sequence[Place]) -> None:
    waiting = [place for place in members if place.waits]
    having, away = [place for place in members if place.has], [place for place in members if place.away]
    device, sandbox, _ = device.partition(SANDBOX)
    name = ("Sandbox on " if sandbox else "") + ("CPU" if device == "cpu" else device)
    st.markdown(f"**{name}**: " + (", ".join(map(_short, having)) or "free in a moment"))
    if not waiting and not away:
        return
    counts = {"waiting": len(waiting), "paused": len(away)}
    label = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    with st.popover(label, icon=":material/queue:"):
        most = "" if unfit() or sandbox else f" At most {most_waiting()} runs may wait on this server."
        if waiting:
            st.caption(f"They start on the {name} in this order.{most}")
        for place in waiting:
            assert place.ahead is not None
            _cancellable(place, f"{place.ahead + 1}. ")
        if away:
            st.caption("Paused runs that gave their turn to another run; they wait for a turn when they continue.")
        for place in away:
            _cancellable(place)


def _cancellable(place: Place, number: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{number}{escaped(run_label(place.run))}")
        if not may(Action.CONTROL, place.run):
            return
        help, settled = "Takes it out of the queue; resume it to put it back.", place.run.stop_requested()
        if st.button("Cancel", key=f"cancel/{place.run.id}", help=help, disabled=settled):
            attempt(place.run.id, _cancel, place.run)
            st.rerun(scope="fragment")
    show_failure(place.run.id)


def _short(place: Place) -> str:
    """ "Quick digits, 14:02 (40 s left)"."""
    left = ""
    with suppress(*UNREADABLE):  # its label was read with the list
        status = place.run.status()
        left = f" ({duration(status.seconds_left)} left)" if status.seconds_left else ""
        left = f" (no news for {duration(status.silent)})" if status.silent else left
    return escaped(run_label(place.run)) + left


@st.cache_data(ttl=20.0, show_spinner=False)
def _used(root: str) -> int:
    """Walking through every run takes a while: all visitors share one look."""
    return bytes_of(runs_root())


def _disk() -> None:
    used, most = _used(shown(str(runs_root()))), limit()
    of = f" of {byte_size(most)}" if most else ""
    # Asked to run again when it opens: what a cleaning would free takes a look at every checkpoint.
    disk = st.popover(f"Disk: {byte_size(used)}{of}", icon=":material/hard_disk:", type="tertiary", key=_DISK, on_change="rerun")
    if not disk.open:
        return
    with disk:
        st.markdown(f"The runs take {byte_size(used)}; {byte_size(room())} {'may still be written' if most else 'are free'}.")
        show_failure(_DISK)
        st.caption(rule_text(RULE))
        would = clean(dry_run=True)
        if not would.bytes:
            st.caption("There is nothing to clean up.")
            return
        st.markdown(cleaned_text(would, "That would free"))
        help = "Curves, sheets and the runs themselves stay."
        if st.button("Clean up", icon=":material/mop:", type="primary", help=help):
            attempt(_DISK, _clean)
            _used.clear()
            st.rerun(scope="fragment")


@requires(Action.CONTROL)
def _cancel(run: Run) -> None:
    cancel(run, visitor_name())


@requires(Action.DELETE)
def _clean() -> None:
    st.toast(cleaned_text(clean(), "Freed"))
