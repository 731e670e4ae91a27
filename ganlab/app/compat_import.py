"""The hook into Gradio that must stand before Gradio is imported: `ganlab.app` sets it as it is imported itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_MODULE = "gradio.component_meta"


def import_gradio_without_stubs() -> None:
    """Leave out the .pyi files that Gradio writes beside its components (Gradio 6.31, `create_or_modify_pyi`).

    Only an editor reads them, and comparing them anew in every process takes over a third of Gradio's import.
    """
    if _MODULE not in sys.modules:
        sys.meta_path.insert(0, _WithoutStubs())


class _WithoutStubs:
    """Finds the one module, and replaces the function once it is loaded."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == _MODULE else None
        if spec is None or spec.loader is None:
            return None
        sys.meta_path.remove(self)
        load = spec.loader.exec_module

        def load_without(module: Any) -> None:
            load(module)
            module.create_or_modify_pyi = _no_stub

        spec.loader.exec_module = load_without  # type: ignore[method-assign]
        return spec


def _no_stub(component_class: type, class_name: str, events: list[Any]) -> None:
    pass
