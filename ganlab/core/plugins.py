"""What installed packages add to the registries through entry points: families, data sets, metrics and recipes.

A package names each value in its pyproject.toml:

    [project.entry-points."ganlab.families"]
    relaxed = "ganlab_relaxed:RELAXED"

They are looked for when a registry is first used, not when ganlab is imported. What cannot be used is left out and kept as an
error in `skipped`. Runs and checkpoints keep which packages they need (`origins`).
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Any, Literal, NoReturn, TypeGuard, TypeVar

from ganlab.core.names import shown
from ganlab.core.other_names import nearest, perhaps

T = TypeVar("T")
Trouble = Literal["import", "type", "name", "taken", "unfit"]

FAMILIES, DATASETS, METRICS, RECIPES = "ganlab.families", "ganlab.datasets", "ganlab.metrics", "ganlab.recipes"
_NOUNS = {FAMILIES: "family", DATASETS: "data set", METRICS: "metric", RECIPES: "recipe"}
_OF_CONFIG = {"family": FAMILIES, "dataset": DATASETS}  # the settings that name something which a package may add
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")  # what pip takes for a name, and no flag of its own
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")  # it becomes a part of file names


class Skipped(ValueError):
    """Something of an installed package that cannot be used, and why: one sentence.

    import: its module does not load; type: it is no Family, DataSource, Kind or Recipe; name: its name is not that of the entry
    point, or has other characters than a-z, 0-9 and -; taken: the name is in use; unfit: it lacks what its kind needs.
    """

    def __init__(self, package: str, group: str, name: str, trouble: Trouble, why: str) -> None:
        super().__init__(shown(f"The package {package} adds a {_NOUNS[group]} {name!r}, which is left out: {why}."))
        self.package, self.group, self.name, self.trouble = package, group, name, trouble


class Unknown(KeyError, ValueError):
    """A name that a registry does not have: one sentence, made when it is read."""

    def __str__(self) -> str:
        name, registry = self.args
        return f"There is no {_NOUNS[registry.group]} {name!r}: {', '.join(registry)}.{perhaps(str(name), registry.complete())}"


class Registry(MutableMapping[str, T]):
    """Values by name: ours in the order they were set, then, once it is `open`, those of installed packages."""

    def __init__(self, group: str, kind: type[T]) -> None:
        self.group, self.kind = group, kind
        self.packages: dict[str, str] = {}  # which one adds a name
        self.skipped: list[Skipped] = []
        self._values: dict[str, T] = {}
        self._admit: Callable[[T], None] | None = None
        self._waiting: list[EntryPoint] | None = None
        self._done = self._busy = False
        self._lock = threading.RLock()
        _REGISTRIES[group] = self

    def open(self, admit: Callable[[T], None] = lambda value: None) -> None:
        """Ours are in: from now on add those of packages, if `admit` does not raise an error."""
        self._admit = admit

    def complete(self) -> dict[str, T]:
        """All that is there. A package that is being imported, and looks in here meanwhile, is asked the next time."""
        if self._admit and not self._done:
            with self._lock:
                if not self._busy:
                    self._busy = True
                    try:
                        self._look()
                    finally:
                        self._busy = False
        return self._values

    def _look(self) -> None:
        points = entry_points(group=self.group) if self._waiting is None else self._waiting
        self._waiting = []
        for point in sorted(points, key=lambda point: (_package(point), point.name)):
            spec = getattr(sys.modules.get(point.module), "__spec__", None)
            if getattr(spec, "_initializing", False):
                self._waiting.append(point)
                continue
            try:
                self._values[point.name] = self._usable(point)
                self.packages[point.name] = _package(point)
            except Skipped as error:
                self.skipped.append(error)
        self._done = not self._waiting

    def _usable(self, point: EntryPoint) -> T:
        """The value of an entry point; Skipped where it cannot be used."""

        def refused(trouble: Trouble, why: str) -> Skipped:
            return Skipped(_package(point), self.group, point.name, trouble, why)

        if point.name in self._values and self.packages.get(point.name, "ganlab") != _package(point):
            raise refused("taken", f"{self.packages.get(point.name, 'GANLab')} has one of that name")
        try:
            value = point.load()
        except (Exception, SystemExit) as error:
            raise refused("import", f"{point.value} cannot be loaded ({_of(error)})") from error
        if not isinstance(value, self.kind):
            raise refused("type", f"{point.value} is of the type {type(value).__name__}, not {self.kind.__name__}")
        if not _NAME.fullmatch(point.name):
            raise refused("name", "names are of a to z, 0 to 9 and -")
        if (own := getattr(value, "name", point.name)) != point.name:
            raise refused("name", f"it calls itself {own!r}")
        try:
            assert self._admit is not None
            self._admit(value)
        except Exception as error:
            raise refused("unfit", _of(error)) from error
        return value

    def __getitem__(self, name: str) -> T:
        if name in self._values:  # ours need no look at packages
            return self._values[name]
        if name not in self.complete():
            raise Unknown(name, self)
        return self._values[name]

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # what Python and notebooks look for
            raise AttributeError(name)
        meant = nearest(name, self.complete()) or next(iter(self), "name")
        raise AttributeError(f"There is no attribute {name!r}: a {_NOUNS[self.group]} is found in brackets, as [{meant!r}].")

    def __setitem__(self, name: str, value: T) -> None:
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.complete()))

    def __len__(self) -> int:
        return len(self.complete())

    def __repr__(self) -> str:
        return f"<{self.kind.__name__} by name: {', '.join(self)}>"


_REGISTRIES: dict[str, Registry[Any]] = {}


def complete(group: str) -> None:
    """Let the registry of `group` look for packages, where there is such a registry in this process."""
    if group in _REGISTRIES:
        _REGISTRIES[group].complete()


def skipped() -> list[Skipped]:
    """What was left out so far, in registries that were used."""
    return [error for registry in _REGISTRIES.values() for error in registry.skipped]


def unknown(setting: str, name: str, group: str, known: Collection[str]) -> str:
    """That a name is none of `known`, in a sentence, and in another what is meant, or why what a package adds is left out."""
    return f"{setting} = {name!r} is not one of {', '.join(known)}.{hint(group, name) or perhaps(name, known)}"


def hint(group: str, name: str) -> str:
    """A sentence, behind a space, on why a name is not known though a package has it; "" where none has."""
    return next((f" {error}" for error in skipped() if (error.group, error.name) == (group, name)), "")


def origins(config: Mapping[str, Any]) -> dict[str, str]:
    """{"family": package, "dataset": package} of what a run's settings name; {} where all of it is ours."""
    known = {name: _REGISTRIES[group].packages for name, group in _OF_CONFIG.items() if group in _REGISTRIES}
    return {name: packages[config[name]] for name, packages in known.items() if config.get(name) in packages}


def not_installed(packages: Mapping[str, str]) -> dict[str, str]:
    """Those of `origins` that are not installed here."""
    return {name: package for name, package in packages.items() if not _is_installed(package)}


def require(packages: Mapping[str, str]) -> None:
    """Raise ValueError, one sentence, where a package that a run needs is not installed."""
    if missing := not_installed(packages):
        raise ValueError(lacking(missing))


def lacking(missing: Mapping[str, str]) -> str:
    """Which packages are missing, and for what, in one sentence."""
    nouns = {package: [_NOUNS[_OF_CONFIG[name]] for name in missing if missing[name] == package] for package in missing.values()}
    parts = [f"the package {package} for its {' and '.join(found)}" for package, found in nouns.items()]
    return f"It needs {' and '.join(parts)}: install {'them' if len(parts) > 1 else 'it'} here, then try again."


def are_origins(values: object) -> TypeGuard[dict[str, str]]:
    """Whether JSON values, perhaps a stranger's, can be what `origins` returns: packages end up in commands that install them."""
    return isinstance(values, dict) and all(
        name in _OF_CONFIG and isinstance(package, str) and _PACKAGE.fullmatch(package) for name, package in values.items()
    )


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except (PackageNotFoundError, ValueError):  # of no name
        return False
    return True


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module.partition(".")[0]


def _of(error: BaseException) -> str:
    """An error in short, as a part of a sentence."""
    text = str(error).strip().split("\n")[0].rstrip(".")
    return text if isinstance(error, ValueError) and text else f"{type(error).__name__}: {text}".rstrip(": ")
