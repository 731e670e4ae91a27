"""Count what the house forbids: imports of ganlab inside functions, and circles among siblings.

python tests/count_imports.py    ->  one line per import inside a function, then both counts
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp

PACKAGE = Path(__file__).resolve().parents[1] / "ganlab"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def inner_imports(file: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield each import of ganlab's own modules that `file` makes inside a function."""

    def walk(node: ast.AST, inside: bool) -> Iterator[ast.Import | ast.ImportFrom]:
        for child in ast.iter_child_nodes(node):
            if inside and isinstance(child, ast.Import | ast.ImportFrom) and _is_own(child):
                yield child
            yield from walk(child, inside or isinstance(child, FUNCTIONS))

    yield from walk(ast.parse(file.read_text()), False)


def _is_own(node: ast.Import | ast.ImportFrom) -> bool:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return any(name.split(".")[0] == "ganlab" for name in names) or bool(getattr(node, "level", 0))


def all_inner_imports() -> list[tuple[Path, ast.Import | ast.ImportFrom]]:
    """Every import of ganlab inside a function of the package."""
    return [(file, node) for file in sorted(PACKAGE.rglob("*.py")) for node in inner_imports(file)]


def circles() -> set[tuple[str, str]]:
    """The imports that would have to go before no package's children depend on each other in a circle."""
    graph = grimp.build_graph("ganlab", cache_dir=None)
    packages = {module.rpartition(".")[0] for module in graph.modules} - {""}
    return {edge for package in packages for edge in graph.nominate_cycle_breakers(package)}


if __name__ == "__main__":
    found = all_inner_imports()
    for file, node in found:
        print(f"{file.relative_to(PACKAGE.parent)}:{node.lineno}: {ast.unparse(node)}")
    print(f"{len(found)} imports inside functions, {len(circles())} circles")
