"""The house keeps its shape: who may import whom, how large a file may grow, what never gets imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "ganlab"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A module may import its own layer and those before it.
LAYERS = (
    ("core", "config", "control", "events", "lock", "threads", "objectives", "nn", "devices", "images", "weights", "quantities"),
    ("framing", "photo_files", "detached", "drawing", "activations", "memory", "trouble"),
    ("training_state", "image_pool", "data", "store", "checkpoint", "adapters"),
    ("metrics",),
    ("training", "meter"),
    ("family",),
    ("families",),
    ("engine", "recipes", "run", "check"),
    ("bench", "hub", "models", "disk", "recorder", "slots", "titles", "zoo"),
    ("pipeline", "published"),
    ("housekeeping",),
    ("process", "worker"),
    ("translation", "inversion", "inspection", "onnx_export", "verdict", "exploration"),
    (
        "classroom",
        "course",
        "fork",
        "comparison",
        "lineage",
        "readings",
        "evaluation",
        "jobs",
        "reproduced",
        "reproduction",
        "terminal",
    ),
    ("shipping", "space", "doctor", "distillation"),
    (
        "commands",
        "commands_compare",
        "commands_doctor",
        "commands_evaluate",
        "commands_hub",
        "commands_housekeeping",
        "commands_reproduce",
    ),
    ("__main__", "web"),
    ("ui",),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
PURE = ("engine", "nn", "training", "training_state", "image_pool", "objectives")
FORBIDDEN_IN_PURE = {"sqlite3", "pathlib", "streamlit", "gradio"}
SCREENS = {"streamlit", "gradio", "plotly", "starlette", "fastapi"}


def area(module: Path) -> str:
    """The part of the package a file belongs to: nn, data, engine."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path, *, top_level: bool = False) -> set[str]:
    """Dotted names that the file imports, without what only the type checker sees."""
    tree = ast.parse(module.read_text())
    hidden = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    names = set()
    for node in tree.body if top_level else ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_areas(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("ganlab.") and name.split(".")[1] in RANK}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(module: Path) -> None:
    here = area(module)
    if here == "__init__":
        return
    assert here in RANK, f"{here} has no layer yet: give it one in LAYERS"
    # Loading the registry of families is the one lazy import that points upwards.
    allowed_upwards = {("family", "families"), ("run", "family")}
    late = {other for other in own_areas(imports(module)) if RANK[other] > RANK[here] and (here, other) not in allowed_upwards}
    assert not late, f"{here} imports {late}, which come after it"


@pytest.mark.parametrize("module", [m for m in MODULES if area(m) in PURE], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_parts_know_no_path_database_or_screen(module: Path) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & FORBIDDEN_IN_PURE


@pytest.mark.parametrize(
    "module", [m for m in MODULES if area(m) not in ("ui", "web")], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_the_core_runs_without_screens(module: Path) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & SCREENS


def test_pages_never_touch_torch() -> None:
    for page in (ROOT / "pages").glob("*.py"):
        roots = {name.split(".")[0] for name in imports(page)}
        assert "torch" not in roots, f"{page.name} imports torch"


def test_importing_ganlab_and_listing_runs_imports_no_torch() -> None:
    code = "import sys, ganlab.app.api; from ganlab.__main__ import main; main(['runs']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_everything_public_has_a_docstring() -> None:
    missing = []
    for module in MODULES:
        for node in ast.parse(module.read_text()).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                missing.append(f"{module.relative_to(ROOT)}: {node.name}")
    assert not missing
