"""Names from outside, of files, folders, classes, zip members and columns, as text that every screen and file can take.

Names are decoded together, since the names of one folder or archive share a code page; compared in NFC; and what no code page
explains is escaped so that it can be seen: the byte 0xBB as `\\xbb`, a right-to-left override as `\\u202e`.
"""

from __future__ import annotations

import json
import os
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipInfo

from ganlab.core.code_pages import code_page, is_utf8, text_of

_ESCAPE = re.compile(r"\\x(0[1-9a-f]|1[0-9a-f]|[789a-f][0-9a-f])|\\u([0-9a-f]{4})|\\U(000[0-9a-f]{5})")
_JOINERS = "\u200c\u200d"  # invisible, but Persian and emoji need them


def decoded(names: Iterable[str | bytes]) -> dict[str | bytes, str]:
    """Return {name: its text, fit to be shown}: what `readable` returns, with the rest escaped."""
    return {name: shown(text) for name, text in readable(names).items()}


def readable(names: Iterable[str | bytes]) -> dict[str | bytes, str]:
    """Return {name: its text in NFC} for names that share a code page, as the file system or a zip has them.

    Bytes, or text in which Python keeps undecodable bytes as surrogates. UTF-8 where it fits; the others in the code page in
    which they read most plausibly together; where none is plausible their bytes stay surrogates.
    """
    found: dict[str | bytes, str] = {}
    others: dict[str | bytes, bytes] = {}
    for name in names:
        if isinstance(name, str) and name.isascii():
            found[name] = name
        else:
            others[name] = name if isinstance(name, bytes) else _bytes(name)
    page = code_page(sorted({data for data in others.values() if not is_utf8(data)}))
    return found | {name: text_of(data, page) for name, data in others.items()}


def name_of(path: Path) -> str:
    """Return the last part of a path as text."""
    return next(iter(decoded([path.resolve().name]).values()))


def zip_name(member: ZipInfo) -> str | bytes:
    """Return the name of a zip's member: text where the archive says that it is UTF-8, or the bytes that it has."""
    if member.flag_bits & 0x800:
        return member.filename
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x7075 and size > 5 and is_utf8(extra[9 : 4 + size]):  # Info-ZIP's: a version, a checksum, the name in UTF-8
            return extra[9 : 4 + size].decode()
        extra = extra[4 + size :]
    try:
        return member.filename.encode("cp437")
    except UnicodeEncodeError:  # from Python 3.13 on it has read that field itself
        return member.filename


def shown(text: str) -> str:
    """Return `text` with what cannot be encoded or would disturb a line escaped: surrogates, control and bidi characters.

    `located` finds the file again that such a text names.
    """
    if text.isprintable():
        return text
    return "".join(character if _harmless(character) else _escape(character) for character in text)


def message(error: BaseException) -> str:
    """Return what an error says, each of its lines as `shown` gives it."""
    return "\n".join(map(shown, str(error).split("\n")))


def clean(values: Any) -> Any:
    """Return JSON values with every text in them, keys included, as `shown` gives it."""
    if isinstance(values, str):
        return shown(values)
    if isinstance(values, dict):
        return {shown(key) if isinstance(key, str) else key: clean(value) for key, value in values.items()}
    return [clean(value) for value in values] if isinstance(values, list | tuple) else values


def to_json(values: Any, **layout: Any) -> str:
    """Return values as JSON text with every text in them as `shown` gives it."""
    return json.dumps(clean(values), **layout)


def from_json(text: str | bytes, names: str = "") -> Any:
    """Return the values of JSON text, with every text in them as `shown` gives it; ValueError for what is no JSON.

    The list under the key `names` holds names that share a code page: those that no code page explains alone are escaped.
    """
    try:
        values = json.loads(text)
        if isinstance(values, dict) and isinstance(found := values.get(names), list):
            text_of = decoded(name for name in found if isinstance(name, str))
            values[names] = [text_of.get(name, name) if isinstance(name, str) else name for name in found]
        return clean(values)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def located(text: str | Path) -> Path:
    """Return the path that a text names, `~` expanded: as written or, where nothing is there, without the escapes of `shown`."""
    path = Path(text)
    with suppress(RuntimeError):  # no such user
        path = path.expanduser()
    raw = _ESCAPE.sub(_unescape, str(path))
    if raw == str(path) or os.path.lexists(path):
        return path
    with suppress(UnicodeEncodeError):  # what no file system holds
        os.fsencode(raw)
        return Path(raw)
    return path


def is_there(text: str | Path) -> bool:
    """Whether there is a file or folder that a text names; nothing has a name that is too long for its folder."""
    try:
        return located(text).exists()
    except OSError:
        return False


@contextmanager
def utf8_path(path: Path) -> Iterator[Path]:
    """A path to the same file for libraries that take only UTF-8, good inside the block."""
    if shown(str(path)) == str(path):
        yield path
        return
    with TemporaryDirectory(prefix="ganlab-name-") as folder:
        link, plain = Path(folder, "link"), shown(path.name) == path.name
        link.symlink_to((path.parent if plain else path).absolute())  # what is renamed into a folder would replace a file's link
        yield link / path.name if plain else link


def _harmless(character: str) -> bool:
    """Letters, signs and spaces of every script; no surrogate, control or format character, no separator of lines."""
    return character in _JOINERS or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that no decoder took
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(found: re.Match[str]) -> str:
    code = int(found[1] or found[2] or found[3], 16)
    return chr(code + 0xDC00) if found[1] and code >= 0x80 else chr(code)


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape" if _only_bytes(name) else "surrogatepass")


def _only_bytes(name: str) -> bool:
    """Whether every surrogate in a name stands for a byte."""
    return not any("\ud800" <= character <= "\udc7f" or "\udd00" <= character <= "\udfff" for character in name)
