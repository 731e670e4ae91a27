"""Packages of others: installed into a folder, and looked for anew by the registries of this process."""

from __future__ import annotations

import importlib
import os
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from ganlab.core import config, plugins


def build_and_install(source: Path, target: Path) -> None:
    """What `pip install --target` makes of a project whose backend is hatchling, in this process and without a network."""
    from hatchling.build import build_wheel

    before = Path.cwd()
    os.chdir(source)
    try:
        wheel = target / build_wheel(str(target))
    finally:
        os.chdir(before)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)


def written(target: Path, package: str, module: str, points: Mapping[str, Mapping[str, str]]) -> None:
    """A package of one module, whose text is `module`, with its {group: {name: object of the module}}."""
    top = package.replace("-", "_")
    (target / f"{top}.py").write_text(module)
    info = target / f"{top}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [line for group, named in points.items() for line in (f"[{group}]", *(f"{n} = {top}:{v}" for n, v in named.items()))]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")


@contextmanager
def on_path(target: Path) -> Iterator[None]:
    """Inside the block the packages in `target` are installed; after it nothing of them is left in this process."""
    registries, modules, defaults = plugins._REGISTRIES, set(sys.modules), dict(config._OF_FAMILIES)
    before = {group: dict(registry._values) for group, registry in registries.items()}
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(str(target))
            importlib.invalidate_caches()
            for registry in registries.values():
                for name, value in {"_waiting": None, "_done": False, "packages": {}, "skipped": []}.items():
                    patch.setattr(registry, name, value)
            yield
    finally:
        for group, values in before.items():
            registries[group]._values.clear()
            registries[group]._values.update(values)
        config._OF_FAMILIES.clear()
        config._OF_FAMILIES.update(defaults)
        for name in sys.modules.keys() - modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(target)):
                del sys.modules[name]
