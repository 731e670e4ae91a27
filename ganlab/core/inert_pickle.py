"""Pickles read without running them: what names a class or a function becomes an inert placeholder, whatever the name.

A pickle is a program. Here its stack machine runs, but no name in it is ever looked up and nothing that it names is called:
what it would make is an `Inert` that keeps the arguments and the state. Containers, numbers and text are made as they are.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, ClassVar

PythonUnpickler: Any = pickle._Unpickler
READ_IN = "3.11"
"""The version of Python whose `pickle._Unpickler` was read; tests/core/test_inert_pickle.py fails first when it changes."""

MOST_STEPS = (
    1_000_000  # of one file: reads of the stack machine, two to make an object of about 100 bytes; a CycleGAN takes 10,000
)
_PLAIN = (str, int, float, bytes, type(None))  # keys; the hash of tuples in tuples would recurse without end
_LARGEST_PLACE = 2**32  # in the memo; larger ones may all have one hash
_LONGEST_NAME = 1000
_LARGEST_KEY = 2**60  # whole numbers below have hashes of their own
_AT_ONCE = 4096  # bytes that may be asked for without a look at how many are left


@dataclass(frozen=True, eq=False, slots=True)
class Global:
    """The dotted name of a class or a function, which is not looked up."""

    path: str


class Inert:
    """What a pickle would have made by calling `path` with `arguments`: its state and contents, and no behaviour."""

    __slots__ = ("arguments", "entries", "items", "path", "state")

    def __init__(self, path: str, arguments: tuple[Any, ...] = ()) -> None:
        self.path, self.arguments, self.state = path, arguments, None
        self.entries: dict[Any, Any] = {}
        self.items: list[Any] = []


class InertUnpickler(PythonUnpickler):
    """Python's own unpickler, the one in Python, with every instruction that could call something replaced.

    `make(path, arguments)` answers what a call of the function `path` stands for, an `Inert` in most cases; `persistent(id)`
    does so for what the file stores elsewhere. Both must look at what they get: it is the file's. Raises nearly anything.
    """

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(PythonUnpickler.dispatch)

    def __init__(
        self,
        file: IO[bytes],
        make: Callable[[str, tuple[Any, ...]], Any],
        persistent: Callable[[Any], Any],
        budget: Budget | None = None,
    ) -> None:
        bounded = _Bounded(file, budget)
        super().__init__(bounded, encoding="latin-1")
        self._make, self._persistent, self._budget = make, persistent, bounded.budget

    def find_class(self, module: str, name: str) -> Global:
        """Answer the name alone."""
        if len(module) + len(name) > _LONGEST_NAME:
            raise pickle.UnpicklingError("a name beyond all")
        return Global(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """Leave it to the format."""
        return self._persistent(pid)

    def get_extension(self, code: int) -> None:
        """Refuse: such codes mean what a program registered."""
        raise pickle.UnpicklingError(f"extension {code}")

    def _called(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, Global) or not isinstance(arguments, list | tuple):
            raise pickle.UnpicklingError("a call of no function")
        self._budget.take(len(arguments))
        for given in arguments:  # of which a copy may be made, with each call
            if isinstance(given, list | tuple | dict):
                self._budget.take(len(given))
            elif isinstance(given, str | bytes):
                self._budget.take_bytes(len(given))
        return self._make(function.path, tuple(arguments))

    def _instantiate(self, klass: Any, args: Any) -> None:
        self.append(self._called(klass, args))

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = self._called(self.stack[-1], arguments)

    def _new(self) -> None:
        arguments = self.stack.pop()
        self.append(self._called(self.stack.pop(), arguments))

    def _new_with_keywords(self) -> None:
        self.stack.pop()
        self._new()

    def _build(self) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Inert):  # anything else is whole already: what is set on it here is an attribute
            self.stack[-1].state = state

    def _fill_list(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target = target.items
        if type(target) is not list:
            raise pickle.UnpicklingError("an addition to no list")
        target.extend(items)

    def _fill_dict(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Inert):
            target = target.entries
        if type(target) is not dict:
            raise pickle.UnpicklingError("an entry of no dictionary")
        target.update(mapping(_pairs(items)))

    def _dict(self) -> None:
        items = self.pop_mark()  # first: it changes where `append` leads
        self.append(mapping(_pairs(items)))

    def _frame(self) -> None:
        self.read(8)  # what is in a frame is read like the rest, and counted

    def _put(self) -> None:
        self.memo[self._place()] = self.stack[-1]

    def _get(self) -> None:
        self.append(self.memo[self._place()])

    def _place(self) -> int:
        place = int(self.readline()[:-1])
        if not 0 <= place < _LARGEST_PLACE:
            raise pickle.UnpicklingError("a place in the memo beyond all")
        return place

    def _bytearray(self) -> None:
        length = int.from_bytes(self.read(8), "little")
        self.append(bytes(self.read(length)))

    dispatch |= {
        pickle.REDUCE[0]: _reduce,
        pickle.NEWOBJ[0]: _new,
        pickle.NEWOBJ_EX[0]: _new_with_keywords,
        pickle.BUILD[0]: _build,
        pickle.APPEND[0]: lambda self: self._fill_list([self.stack.pop()]),
        pickle.APPENDS[0]: lambda self: self._fill_list(self.pop_mark()),
        pickle.ADDITEMS[0]: lambda self: self._fill_list(self.pop_mark()),
        pickle.SETITEM[0]: lambda self: self._fill_dict([self.stack.pop(), self.stack.pop()][::-1]),
        pickle.SETITEMS[0]: lambda self: self._fill_dict(self.pop_mark()),
        pickle.DICT[0]: _dict,
        pickle.EMPTY_SET[0]: PythonUnpickler.dispatch[pickle.EMPTY_LIST[0]],  # what lies in a set would have to be hashed
        pickle.FROZENSET[0]: PythonUnpickler.dispatch[pickle.LIST[0]],
        pickle.BYTEARRAY8[0]: _bytearray,
        pickle.FRAME[0]: _frame,
        pickle.PUT[0]: _put,
        pickle.GET[0]: _get,
    }


def mapping(pairs: Any) -> dict[Any, Any]:
    """{key: value} of pairs; a key that is neither text nor a number stands for itself alone."""
    return {key if _is_plain(key) else Inert("key"): value for key, value in pairs}


def _is_plain(key: Any) -> bool:
    return isinstance(key, _PLAIN) and not (isinstance(key, int) and abs(key) >= _LARGEST_KEY)


def _pairs(items: list[Any]) -> Any:
    return zip(items[::2], items[1::2], strict=True)


class Budget:
    """What the pickles in a file of `size` bytes may cost together: steps, and bytes that calls are given."""

    def __init__(self, size: int) -> None:
        self.steps, self.bytes = MOST_STEPS, 2 * size + 2**20

    def take(self, steps: int) -> None:
        """Refuse where they are used up."""
        self.steps -= steps
        if self.steps < 0:
            raise pickle.UnpicklingError("too many steps")

    def take_bytes(self, count: int) -> None:
        """Refuse where more is given than the file has."""
        self.bytes -= count
        if self.bytes < 0:
            raise pickle.UnpicklingError("the same bytes too often")


class _Bounded:
    """A file whose readers can neither ask for more bytes than are left nor go on for too many steps."""

    def __init__(self, file: IO[bytes], budget: Budget | None) -> None:
        self._file = file
        start = file.tell()
        self._end = file.seek(0, 2)
        file.seek(start)
        self.budget = budget or Budget(self._end - start)

    def read(self, count: int = -1) -> bytes:
        self.budget.take(1)
        if count > _AT_ONCE and count > self._end - self._file.tell():
            raise EOFError
        data = self._file.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def readline(self) -> bytes:
        self.budget.take(1)
        return self._file.readline()
