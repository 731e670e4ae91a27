"""A classroom's keys: the join code, the teacher's token, and the signed cookies that both are exchanged for."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.app.security.frames import allowed_frames
from ganlab.runtime.run import runs_root

if TYPE_CHECKING:
    from itsdangerous import TimestampSigner

VARIABLE = "GANLAB_CLASSROOM"
HOURS = 12.0  # a code, a token and a cookie are good for a school day
_FILE = ".classroom.json"
_DIGITS = 8
_ANY = ("", "0.0.0.0", "::")  # bound to every address of this machine


def wanted() -> bool:
    """Whether this process serves a classroom."""
    return os.environ.get(VARIABLE) == "1"


@dataclass(frozen=True)
class Keys:
    """What opens a classroom. `code` is for all in the room, `token` for the teacher, `secret` stays in the server."""

    code: str
    token: str
    secret: str
    made: float

    @classmethod
    def fresh(cls) -> Keys:
        """New ones. The code is digits, which sound the same in every mouth and are on every phone's keypad."""
        code = "".join(secrets.choice("0123456789") for _ in range(_DIGITS))
        return cls(code, secrets.token_urlsafe(24), secrets.token_hex(32), time.time())

    @property
    def spoken(self) -> str:
        """ "4829 1375"."""
        return f"{self.code[: _DIGITS // 2]} {self.code[_DIGITS // 2 :]}"

    def teacher_link(self, base: str) -> str:
        """Return the address that makes the browser that opens it the teacher's."""
        return f"{base}/join?teacher={self.token}"

    @property
    def over(self) -> bool:
        """Whether their day has passed."""
        return time.time() - self.made >= 3600 * HOURS

    def opens_for_students(self, typed: str) -> bool:
        """Whether this is the join code, however it was grouped."""
        return _same("".join(character for character in typed if character.isdigit()), self.code)

    def opens_for_teacher(self, typed: str) -> bool:
        """Whether this is the teacher's token."""
        return _same(typed.strip(), self.token)

    def seat(self, role: str, name: str = "") -> str:
        """Return a cookie's value: the role, a name for this browser (a new one, unless it has one), when, and our signature."""
        return _signer(self.secret).sign(f"{role}.{name or secrets.token_hex(8)}").decode()

    def seated(self, cookie: str) -> tuple[str, str] | None:
        """(role, name of the browser) of a cookie that we made and that is not too old; None for any other."""
        signer = _signer(self.secret)
        if not signer.validate(cookie, max_age=int(3600 * HOURS)):
            return None
        role, name = signer.unsign(cookie).decode().split(".")
        return role, name


def keys(root: Path | None = None) -> Keys:
    """The keys beside the runs: a server that is started again within the day lets all stay. Made where there are none."""
    root = root or runs_root()
    path = root / _FILE
    try:
        found = Keys(**json.loads(path.read_text()))
        if not found.over:
            return found
    except (FileNotFoundError, ValueError, TypeError):
        pass
    root.mkdir(parents=True, exist_ok=True)
    made = Keys.fresh()
    partial = path.with_name(f"{_FILE}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(made), file)
    partial.rename(path)
    return made


def forget(root: Path | None = None) -> None:
    """A new code, token and secret at the next start: with the old secret go all seats, the teacher's and the students'."""
    ((root or runs_root()) / _FILE).unlink(missing_ok=True)


def announcement(port: int, host: str, found: Keys) -> str:
    """What the teacher needs at the start; `host` is what the server is bound to."""
    bases = reachable(port, host) or [f"http://127.0.0.1:{port}"]
    lines = [
        "",
        "  GANLab in the classroom",
        "",
        f"  Students open   {bases[0]}",
        *(f"            or    {base}" for base in bases[1:]),
        f"  Join code       {found.spoken}",
        "",
        f"  Teacher's link  {found.teacher_link(bases[0])}",
        "                  It lets its holder start, stop and delete runs: keep it to yourself.",
        "",
    ]
    if allowed_frames() and not bases[0].startswith("https:"):
        lines += ["  In a frame of another site a seat is lost at once: browsers keep its cookie over HTTPS only.", ""]
    return "\n".join(lines)


def reachable(port: int, host: str) -> list[str]:
    """Where others can open the app, the likeliest first; `host` is what the server is bound to. None without a network."""
    return [public] if (public := public_address()) else addresses(port) if host in _ANY else [f"http://{host}:{port}"]


def public_address() -> str:
    """The address that a container or a proxy gives the app, which this machine cannot see: a Space's, or GANLAB_URL; or ""."""
    space = os.environ.get("SPACE_HOST", "").partition(",")[0].strip()
    return f"https://{space}" if space else os.environ.get("GANLAB_URL", "").rstrip("/")


def addresses(port: int) -> list[str]:
    """Where others in this network can open the app, the likeliest first."""
    found = [_towards(socket.AF_INET, "192.0.2.1")]  # an address for documentation: nothing is sent to it
    with suppress(OSError):
        found += [str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [f"http://{host}:{port}" for host in dict.fromkeys(found) if host and not host.startswith("127.")]


def _towards(family: socket.AddressFamily, target: str) -> str:
    """This machine's address on the way to `target`; empty without a network."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return ""


def _signer(secret: str) -> TimestampSigner:
    from itsdangerous import TimestampSigner  # noqa: PLC0415  (`ganlab train` works where the app is not installed)

    return TimestampSigner(secret, salt="ganlab.seat", key_derivation="hmac", digest_method=hashlib.sha256)


def _same(one: str, other: str) -> bool:
    """Compare in a time that reveals nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
