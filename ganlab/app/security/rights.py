"""Authorisation: the one table of the app's addresses and actions, which the gate and the pages ask.

A new route needs a line in RULES, a new action one in RIGHTS; tests/app/test_rights.py fails until it has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property, lru_cache

from starlette.routing import compile_path


class Role(IntEnum):
    """A visitor's role; each may do what the ones before it may. Outside of a classroom every visitor is the teacher."""

    STRANGER = 0
    STUDENT = 1
    TEACHER = 2


class Action(Enum):
    """What a request or a button wants."""

    JOIN = "join"
    WATCH = "watch"
    PLAY = "play"
    EXPORT = "export"
    LAUNCH = "launch"
    SANDBOX = "sandbox"
    OPEN = "open"
    CONTROL = "control"
    CHANGE = "change"
    RESUME = "resume"
    FORK = "fork"
    DELETE = "delete"
    LABEL = "label"
    UPLOAD = "upload"
    MEASURE = "measure"
    PULL = "pull"
    INSPECT = "inspect"
    LEAD = "lead"
    CLOSED = "closed"


@dataclass(frozen=True)
class Right:
    """The least role that has it, None where no role has, and the sentence that the others read.

    `own`: the least role that has it to a run that it has started in the sandbox.
    """

    least: Role | None
    refusal: str
    own: Role | None = None


_JOIN_FIRST = "Enter the join code first."
RIGHTS = {
    Action.JOIN: Right(Role.STRANGER, ""),
    Action.WATCH: Right(Role.STUDENT, _JOIN_FIRST),
    Action.PLAY: Right(Role.STUDENT, _JOIN_FIRST),
    Action.EXPORT: Right(Role.STUDENT, _JOIN_FIRST),
    Action.LAUNCH: Right(Role.TEACHER, "Only the teacher can start runs."),
    Action.SANDBOX: Right(Role.STUDENT, _JOIN_FIRST),  # while it is open, and within its bounds: ganlab/app/security/sandbox.py
    Action.OPEN: Right(Role.TEACHER, "Only the teacher can open and close the sandbox."),
    Action.CONTROL: Right(Role.TEACHER, "Only the teacher can pause, change or stop runs.", own=Role.STUDENT),
    Action.CHANGE: Right(Role.TEACHER, "Only the teacher can change the settings of a run."),
    Action.RESUME: Right(Role.TEACHER, "Only the teacher can resume runs."),
    Action.FORK: Right(Role.TEACHER, "Only the teacher can fork runs."),
    Action.DELETE: Right(Role.TEACHER, "Only the teacher can delete.", own=Role.STUDENT),
    Action.LABEL: Right(Role.TEACHER, "Only the teacher can name runs and take notes."),
    Action.UPLOAD: Right(Role.TEACHER, "Only the teacher can choose folders and upload training data."),
    Action.MEASURE: Right(Role.TEACHER, "Only the teacher can start and stop measurements."),
    Action.PULL: Right(Role.TEACHER, "Only the teacher can fetch models from the Hub."),
    Action.INSPECT: Right(Role.TEACHER, "Only the teacher can look into the server."),
    Action.LEAD: Right(Role.TEACHER, "Only the teacher can show something to the class."),
    Action.CLOSED: Right(None, "Nothing is served here; a new route needs a line in ganlab/app/security/rights.py."),
}


def may(role: Role, action: Action, *, own: bool = False) -> bool:
    """Whether this role has this right; `own`: to a run that the visitor has started in the sandbox."""
    right = RIGHTS[action]
    return any(least is not None and role >= least for least in (right.least, right.own if own else None))


def refusal(role: Role, action: Action, *, own: bool = False) -> str:
    """Return why this role lacks this right, in one sentence; empty when it has it."""
    if may(role, action, own=own):
        return ""
    return _JOIN_FIRST if role is Role.STRANGER and action is not Action.CLOSED else RIGHTS[action].refusal


READ = ("GET", "HEAD", "OPTIONS")
POST = ("POST", "OPTIONS")
ALL = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "WEBSOCKET")


@dataclass(frozen=True)
class Rule:
    """An address as its route writes it, the methods it is about, and the action that a request for it is."""

    path: str
    action: Action
    methods: tuple[str, ...] = READ

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the address matches, exactly as Starlette reads it."""
        return compile_path(self.path)[0]


# What the playground needs of Gradio. Everything else below /playground/ is closed: its proxy, its monitor, its history.
_GRADIO_PAGE = [
    "",
    *["config", "config/", "favicon.ico", "theme.css", "robots.txt", "manifest.json", "pwa_icon", "pwa_icon/{size}"],
]
_GRADIO_PAGE += ["static/{path:path}", "assets/{path:path}", "svelte/{path:path}"]
_GRADIO_READ = [
    "info",
    "info/",
    "queue/data",
    "upload_progress",
    "theme.css",
    "startup-events",
    "app_id",
    "app_id/",
    "user",
    "user/",
]
_GRADIO_READ += ["login_check", "login_check/", "heartbeat/{session_hash}", "file={path_or_url:path}", "file/{path:path}"]
_GRADIO_READ += ["call/{api_name}/{event_id}", "call/v2/{api_name}/{event_id}"]
_GRADIO_POST = ["queue/join", "upload", "cancel", "reset", "reset/"]
_GRADIO_POST += [f"{how}/{{api_name}}{slash}" for how in ("run", "api", "call", "call/v2") for slash in ("", "/")]

_SHORT = 200  # characters; all of our own addresses are shorter

# The first that fits counts.
RULES = (
    Rule("/join", Action.JOIN, (*READ, "POST")),
    Rule("/shared/tokens.css", Action.JOIN),
    Rule("/join/join.css", Action.JOIN),
    Rule("/font.woff2", Action.JOIN),
    Rule("/_stcore/health", Action.JOIN),
    # Runs
    Rule("/api/runs", Action.WATCH),
    Rule("/api/compare", Action.WATCH),
    Rule("/api/runs/{id}", Action.WATCH),
    Rule("/api/runs/{id}/delta", Action.WATCH),
    Rule("/api/runs/{id}/detail", Action.WATCH),
    Rule("/api/runs/{id}/doctor", Action.WATCH),
    Rule("/api/runs/{id}/sheets/{step:int}.png", Action.WATCH),
    Rule("/api/runs/{id}/real.png", Action.WATCH),
    Rule("/api/runs/{id}/thumbnail.png", Action.WATCH),
    Rule("/api/runs/{id}/metrics.csv", Action.EXPORT),
    Rule("/api/runs/{id}/export.zip", Action.EXPORT),
    Rule("/api/runs/{id}/stop", Action.CONTROL, POST),
    Rule("/api/runs/{id}/control", Action.CONTROL, POST),
    # A class
    Rule("/api/lesson", Action.WATCH),
    Rule("/api/lesson", Action.LEAD, POST),
    Rule("/api/lesson/join", Action.LEAD),
    Rule("/api/lesson/join.svg", Action.LEAD),
    Rule("/live", Action.WATCH),
    Rule("/live/{path:path}", Action.WATCH),
    # The playground
    Rule("/api/picture", Action.PLAY),
    Rule("/api/shown", Action.PLAY),
    Rule("/api/generator", Action.PLAY),
    Rule("/api/latent", Action.PLAY),
    Rule("/api/ort/{name}", Action.PLAY),
    Rule("/playground", Action.PLAY),
    *(Rule(f"/playground/{path}", Action.PLAY) for path in _GRADIO_PAGE),
    *(Rule(f"/playground/gradio_api/{path}", Action.PLAY) for path in _GRADIO_READ),
    *(Rule(f"/playground/gradio_api/{path}", Action.PLAY, POST) for path in _GRADIO_POST),
    # Streamlit's pages; what a page may do is asked again where it does it
    Rule("/_stcore/stream", Action.WATCH, ("WEBSOCKET",)),
    Rule("/_stcore/host-config", Action.WATCH),
    Rule("/_stcore/metrics", Action.INSPECT),
    Rule("/_stcore/upload_file/{session_id}/{file_id}", Action.UPLOAD, ("PUT", "DELETE", "OPTIONS")),
    Rule("/_stcore/bidi-components/{path:path}", Action.WATCH),
    Rule("/component/{path:path}", Action.WATCH),
    Rule("/media/{file_id:path}", Action.WATCH),
    # What no page needs
    *(Rule(f"/{area}/{{path:path}}", Action.CLOSED, ALL) for area in ("api", "playground", "_stcore", "auth")),
    Rule("/oauth2callback", Action.CLOSED, ALL),
    *(Rule(f"/{page}", Action.WATCH) for page in ("", "home", "train", "watch", "runs", "evaluate", "play")),
    # Streamlit's page under any other address, and the files it is made of
    Rule("/{path:path}", Action.WATCH),
)


def action_of(path: str, method: str) -> Action:
    """Return the action that a request for `path` (without the app's own prefix) is; closed where no rule fits."""
    return _remembered(path, method) if len(path) <= _SHORT else _found(path, method)


def _found(path: str, method: str) -> Action:
    return next((rule.action for rule in fitting(path, method)), Action.CLOSED)


_remembered = lru_cache(4096)(_found)  # of short paths alone, since strangers choose them


def run_named(path: str, method: str) -> str:
    """Return the run whose own address this is: the id in it, "" where there is none."""
    rule = next(fitting(path, method), None)
    found = rule.pattern.match(path) if rule and rule.path.startswith("/api/runs/{id}/") else None
    return found["id"] if found else ""


def fitting(path: str, method: str) -> Iterator[Rule]:
    """Yield the rules for this address and method, the one that counts first."""
    return (rule for rule in RULES if method in rule.methods and rule.pattern.match(path))
