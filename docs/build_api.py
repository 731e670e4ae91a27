"""Build the API reference from the docstrings into docs/api: `make docs`.

Fails where a module cannot be imported or a public name does not resolve.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pdoc

import ganlab

OUTPUT = Path(__file__).parent / "api"


def modules() -> list[ModuleType]:
    """Every module of ganlab, imported; those of the command line's entry point run when imported and are left out."""
    found = pkgutil.walk_packages(ganlab.__path__, "ganlab.")
    names = ["ganlab", *(module.name for module in found if not module.name.endswith("__main__"))]
    return [importlib.import_module(name) for name in names]


def prepare(module: ModuleType) -> None:
    """Resolve the names that load lazily, and let a package with `__all__` list its submodules too."""
    names = getattr(module, "__all__", None)
    if names is None:
        return
    for name in names:
        setattr(module, name, getattr(module, name))
    below = (one.name for one in pkgutil.iter_modules(getattr(module, "__path__", [])))
    vars(module)["__all__"] = [*names, *(name for name in below if name not in [*names, "__main__"])]


def main() -> None:
    """Write one page per module."""
    found = modules()
    for module in found:
        prepare(module)
    pdoc.render.configure(docformat="markdown", show_source=False)
    pdoc.pdoc("ganlab", output_directory=OUTPUT)
    print(f"{len(list(OUTPUT.rglob('*.html')))} pages of {len(found)} modules in {OUTPUT}")


if __name__ == "__main__":
    main()
