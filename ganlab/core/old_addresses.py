"""Addresses of modules that were printed into model cards, Spaces and messages before 0.2: they resolve for one release."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import CodeType, ModuleType

MOVED = {
    "ganlab.distillation": "ganlab.cli.distil",
    "ganlab.hub.module": "ganlab.models.hub.mixin",
    "ganlab.metrics.train_lenet": "ganlab.cli.train_classifier",
    "ganlab.ui.alone": "ganlab.app.playground_server",
}
_PACKAGES = ("ganlab.hub", "ganlab.ui")  # folders that are gone, above the addresses in MOVED


class _Finder:
    """Finds the modules of MOVED, as the last one on sys.meta_path: what exists is never looked up here."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name in _PACKAGES:
            return ModuleSpec(name, None, is_package=True)  # empty, as a folder without files
        return ModuleSpec(name, _Loader()) if name in MOVED else None  # type: ignore[arg-type]


class _Loader:
    """Gives the module at the new address, and its code for `python -m`."""

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        old = module.__name__
        warnings.warn(_advice(old), DeprecationWarning, stacklevel=2)  # Python leaves out its own frames of importing
        sys.modules[old] = importlib.import_module(MOVED[old])

    def get_code(self, old: str) -> CodeType | None:
        """The code of the new module, which runpy executes as __main__."""
        warnings.warn_explicit(_advice(old), DeprecationWarning, old, 1, module="__main__")  # so that the user sees it
        spec = find_spec(MOVED[old])
        assert spec is not None and spec.loader is not None
        code: CodeType | None = spec.loader.get_code(MOVED[old])  # type: ignore[attr-defined]
        return code


def install() -> None:
    """Let Python look here for a module of ganlab that it has not found."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def _advice(old: str) -> str:
    return f"{old} is {MOVED[old]} now; the old address goes with the next release."
