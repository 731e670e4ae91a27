"""The sentences about a run's status and annotations, for the pages, the live view and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganlab.app.views.data_wording import remark_lines
from ganlab.app.views.loading_wording import doing_text
from ganlab.app.views.setting_titles import setting_title
from ganlab.core import plugins
from ganlab.core.errors import DISK_FULL, LIMIT_REACHED, describe, smaller
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.core.text import counted, duration
from ganlab.core.threads import THREADS
from ganlab.runtime.run_settings import Damage
from ganlab.runtime.status import Activity, Status
from ganlab.runtime.store import Annotation

_MOVED = "The run's folder was moved or deleted while it trained: resume it where it is now."
_NEVER_BEGAN = "Its worker ended before it began; worker.log in the run directory may say why: resume to try again."
_OVER = {"room": "There is room again.", "lock": "The run's record is free again."}


# What another program wrote into a record may lack the data of its kind: then the kind is all that can be shown.
_LACKING = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)


def status_text(status: Status) -> str:
    """What a run does or waits for, or why it ended."""
    try:
        return _status_text(status)
    except _LACKING:
        return f"{status.cause}."


def _status_text(status: Status) -> str:
    if status.reason == "text":
        return str(status.details["text"])
    match status.state:
        case "failed" | "lost":
            return failure_text(status.reason, status.details)
        case "stopped":
            return f"Stopped after step {status.step:,}."
        case "finished":
            return "All steps done."
        case "paused":
            return _pause(status.reason, status.details)
    if status.reason:  # it trains, but its record cannot be read
        return failure_text(status.reason, status.details)
    facts = status.phase, status.subject, status.done, status.total, status.unit, status.names, status.ahead
    return " ".join(filter(None, [activity_text(Activity(*facts)), silence_text(status)]))


def packages_text(packages: Mapping[str, str]) -> str:
    """Which packages a run needs that are not installed here; "" while all are."""
    missing = plugins.not_installed(packages)
    return plugins.lacking(missing) if missing else ""


def silence_text(status: Status) -> str:
    """That nothing is heard of a worker; "" while all is well."""
    return "" if status.silent is None else f"No news from its worker for {duration(status.silent)}: it may hang."


def activity_text(activity: Activity) -> str:
    """What a worker does while it trains no step."""
    match activity.phase:
        case "starting":
            return "Starting the worker."
        case "starting_torch":
            return "Starting PyTorch."
        case "training":
            return "Training."
        case "waiting_device":
            runs = "1 run is" if activity.ahead == 1 else f"{activity.ahead} runs are"
            return f"Waiting for {activity.subject}: {runs} ahead."
        case "waiting_room" | "waiting_lock" | "paused":
            return _pause(activity.subject, {})
        case "restoring":
            return f"{activity.subject} Going back to the one before."
    doing = doing_text(activity)
    if activity.total:
        return f"{doing}: {activity.done:,} of {activity.total:,} {activity.unit}."
    return f"{doing}: {activity.done:,} {activity.unit}." if activity.done else f"{doing}."


def failure_text(reason: str, details: Mapping[str, Any]) -> str:
    """Why a run failed or was lost."""
    match reason:
        case "moved":
            return _MOVED
        case "killed":
            return _killed(details)
    return describe(reason, details)


def _killed(details: Mapping[str, Any]) -> str:
    if details.get("locked"):
        return "The worker ended and could not record why, as the run's folder cannot be written: make it writable, then resume."
    memory = ""
    if details.get("out_of_memory"):
        memory = f" The machine ran out of memory meanwhile: {smaller(details)}."
    if details.get("kept"):
        return f"The worker was killed.{memory} Its last checkpoint is kept: resume to go on from there."
    if details.get("started"):
        return f"The worker was killed before it kept a checkpoint.{memory} Resume to begin again."
    return f"The worker was killed before it began.{memory}" if memory else _NEVER_BEGAN


def _pause(reason: str, details: Mapping[str, Any]) -> str:
    match reason:
        case "disk_full" | "limit_reached":
            return f"{LIMIT_REACHED if reason == 'limit_reached' else DISK_FULL}: training waits until there is room."
        case "busy":
            return "Another program has the run's record locked: training waits until it is free."
        case "room" | "lock":
            return _OVER[reason]
        case "gave_turn":
            return f"Paused{_by(details)}; gave its turn to another run."
    return f"Paused{_by(details)}."


def sheet_titles(status: Status) -> tuple[str, ...]:
    """What each column of a sheet shows; the titles of older versions are words already."""
    a, b = status.domains if len(status.domains) == 2 else ("A", "B")
    words = {"A": a, "B": b, "AtoB": f"{a} to {b}", "BtoA": f"{b} to {a}", "back": "and back"}
    return tuple(words.get(title, title) for title in status.sheet_titles)


def damage_text(id: str, damage: Damage) -> str:
    """Why the run of this id, or folder of this name, cannot be shown, and what to do."""
    data = damage.data
    match damage.kind:
        case "misnamed":
            return f"The folder {shown(id)} is no run by its name: rename it to letters a to z, digits, - and _."
        case "missing":
            why = f"{data['name']} is missing"
        case "wrong":
            why = f"{data['name']} = {data['value']} cannot be"
        case "unreadable":
            why = f"it cannot be read ({data['text']})"
        case "no_json":
            why = "it is not JSON"
    return f"config.json of the run {id} is damaged, {why}: restore it or delete the run."


def note_text(note: Annotation) -> str:
    """What happened to a run; the annotations of older versions are sentences already."""
    try:
        return _note_text(note)
    except _LACKING:
        return f"{note.kind.capitalize()}."


def _note_text(note: Annotation) -> str:
    if note.text:
        return note.text
    data = note.data
    match note.kind:
        case "started":
            moved = " It began on another kind of device, so the noise is drawn anew." if data.get("moved") else ""
            return f"Resumed after step {note.step:,}.{moved}" if note.step else "Started."
        case "paused" | "waiting_room" | "waiting_lock":
            return _pause(data.get("reason", ""), data)
        case "continued":
            return _OVER.get(data.get("reason", ""), f"Resumed{_by(data)}.")
        case "queued" if data.get("reason") == "asked":
            return f"Asked to go on{_by(data)}: waits for its turn."
        case "queued" if data:
            return _OVER.get(data.get("reason", ""), "Queued.")
        case "changed":
            return change_text(data)
        case "finished":
            return "All steps done."
        case "stopped":
            return f"Stopped after step {note.step:,}."
        case "failed":
            return failure_text(data.get("reason", ""), data)
        case "repaired":
            return f"The record was damaged: what could be read of it was kept; it is in {data['file']}."
        case "data":
            return " ".join(remark_lines(map(Remark.from_dict, data.get("remarks", ()))))
        case "threads_changed":
            return _other_threads(data)
        case "protocol_changed":
            return (
                "From here on the distance is measured against other images, with other numbers of them, or by another network."
            )
    return f"{note.kind.capitalize()}."


def _other_threads(data: Mapping[str, Any]) -> str:
    why = {"asked": f" ({THREADS})", "cores": ", one for each core"}.get(data["reason"], "")
    goes_on = f"Trains with {counted(data['now'], 'thread')}{why}, before with {data['before']}"
    return f"{goes_on}: sums are added in another order, so it is not bit for bit the same from here on."


def change_text(effect: Mapping[str, Any]) -> str:
    """A change made while a run trained, as Intervention.effect has it."""
    by = f" ({effect['who']})" if effect.get("who") else ""
    if "value" not in effect:
        return f"{effect['name']} updated alone{by}."
    return f"{setting_title(effect['name'])} {_plain(effect['before'])} → {_plain(effect['value'])}{by}."


def _by(data: Mapping[str, Any]) -> str:
    return f" by {data['who']}" if data.get("who") else ""


def _plain(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)
