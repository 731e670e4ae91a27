"""The house keeps its shape: nine floors, few imports inside functions, screens and PyTorch where they belong.

Who may import whom stands in `.importlinter`; `lint-imports` checks it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.count_imports import all_inner_imports, circles
from tests.support import ROOT

PACKAGE = ROOT / "ganlab"
MODULES = sorted(PACKAGE.rglob("*.py"))

FLOORS = {"core", "data", "metrics", "training", "runtime", "models", "analysis", "app", "cli"}
MOST_INNER_IMPORTS = 25  # of ganlab inside functions, each with its reason beside it
FORBIDDEN_IN_PURE = {"sqlite3", "pathlib", "streamlit", "gradio"}
SCREENS = {"streamlit", "gradio", "plotly", "starlette", "fastapi"}


def area(module: Path) -> str:
    """The floor a file stands on: core, data, metrics ..."""
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


def test_the_root_holds_nine_floors_and_two_files() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == FLOORS
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_few_imports_hide_inside_functions_and_none_in_circles() -> None:
    assert len(all_inner_imports()) <= MOST_INNER_IMPORTS
    assert not circles()


@pytest.mark.parametrize("module", [m for m in MODULES if area(m) == "training"], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_pure_parts_know_no_path_database_or_screen(module: Path) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & FORBIDDEN_IN_PURE


@pytest.mark.parametrize("module", [m for m in MODULES if area(m) != "app"], ids=lambda path: str(path.relative_to(PACKAGE)))
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
