"""What packages add to a registry, and what is left out with one sentence; nothing that a package does breaks a registry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganlab.core import plugins
from ganlab.core.plugins import Registry
from tests.support.packages import on_path, written

GROUP = plugins.RECIPES
MODULE = """
from types import SimpleNamespace
from tests.core.test_plugins import Thing
GOOD, OTHER, NAMELESS = Thing("good"), Thing("other"), 5
"""


@dataclass(frozen=True)
class Thing:
    name: str


@pytest.fixture
def things(monkeypatch: pytest.MonkeyPatch) -> Registry[Thing]:
    """A registry with one value of ours."""
    monkeypatch.setattr(plugins, "_REGISTRIES", {})
    registry = Registry(GROUP, Thing)
    registry["ours"] = Thing("ours")
    return registry


@pytest.fixture
def good(tmp_path: Path, things: Registry[Thing]) -> Iterator[Path]:
    """A folder with a package in order."""
    written(tmp_path, "a-good-one", MODULE, {GROUP: {"good": "GOOD"}})
    with on_path(tmp_path):
        yield tmp_path


def fits(thing: Thing) -> None:
    if thing.name == "other":
        raise ValueError("it does not fit")


def test_packages_come_behind_ours_and_only_when_they_are_needed(good: Path, things: Registry[Thing]) -> None:
    assert list(things) == ["ours"]  # it is not open yet
    things.open(fits)
    assert things["ours"] == Thing("ours") and not things.packages
    assert list(things) == ["ours", "good"] and things["good"] == Thing("good") and len(things) == 2
    assert things.packages == {"good": "a-good-one"} and not plugins.skipped()
    assert repr(things) == "<Thing by name: ours, good>" and "good" in things and things.get("bad") is None


@pytest.mark.parametrize(
    ("module", "points", "trouble", "why"),
    [
        ("import no_such_module", {"bad": "GOOD"}, "import", "(ModuleNotFoundError: No module named 'no_such_module')"),
        ("raise SystemExit(3)", {"bad": "GOOD"}, "import", "(SystemExit: 3)"),
        ("x = (", {"bad": "GOOD"}, "import", "SyntaxError"),
        (MODULE, {"bad": "MISSING"}, "import", "AttributeError"),
        (MODULE, {"bad": "NAMELESS"}, "type", "is of the type int, not Thing"),
        (MODULE, {"bad": "GOOD"}, "name", "it calls itself 'good'"),
        (MODULE, {"Bad Name": "GOOD"}, "name", "names are of a to z, 0 to 9 and -"),
        (MODULE, {"ours": "GOOD"}, "taken", "GANLab has one of that name"),
        (MODULE, {"good": "GOOD"}, "taken", "a-good-one has one of that name"),
        (MODULE, {"other": "OTHER"}, "unfit", "it does not fit"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_one_sentence(
    good: Path, things: Registry[Thing], module: str, points: dict[str, str], trouble: str, why: str
) -> None:
    written(good, "broken-one", module, {GROUP: points})
    things.open(fits)
    assert list(things) == ["ours", "good"]
    (error,) = plugins.skipped()
    assert (error.package, error.trouble, error.name) == ("broken-one", trouble, *points)
    assert str(error).startswith(f"The package broken-one adds a recipe {error.name!r}, which is left out: ")
    assert why in str(error) and str(error).endswith(".") and "\n" not in str(error)
    assert plugins.hint(GROUP, error.name) == f" {error}" and plugins.hint(GROUP, "unheard-of") == ""


def test_a_package_that_is_being_imported_is_asked_the_next_time(good: Path, things: Registry[Thing]) -> None:
    looks = "from tests.core.test_plugins import GROUP, SEEN, plugins\nSEEN.append(list(plugins._REGISTRIES[GROUP]))\n"
    written(good, "looks-in", looks + MODULE, {GROUP: {"other": "OTHER"}})
    things.open()
    SEEN.clear()
    import looks_in  # type: ignore[import-not-found]  # noqa: F401

    assert SEEN == [["ours", "good"]]
    assert list(things) == ["ours", "good", "other"] and not plugins.skipped()


SEEN: list[list[str]] = []


def test_whoever_looks_meanwhile_waits_for_all(good: Path, things: Registry[Thing]) -> None:
    written(good, "slow-one", f"import time; time.sleep(0.2)\n{MODULE}", {GROUP: {"other": "OTHER"}})
    things.open()
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(len(things))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [3] * 4


def test_a_run_keeps_which_packages_it_needs(good: Path, things: Registry[Thing]) -> None:
    families: Registry[Thing] = Registry(plugins.FAMILIES, Thing)
    families.packages["good"] = "a-good-one"
    assert plugins.origins({"family": "good", "dataset": "shapes"}) == {"family": "a-good-one"}
    assert plugins.origins({"family": "dcgan", "dataset": "shapes"}) == {}
    assert plugins.not_installed({"family": "a-good-one"}) == {}
    plugins.require({"family": "a-good-one"})
    with pytest.raises(ValueError, match=r"^It needs the package gone for its family: install it here, "):
        plugins.require({"family": "gone"})
    both = plugins.lacking({"family": "gone", "dataset": "too"})
    assert both.startswith("It needs the package gone for its family and the package too for its data set: install them here")


@pytest.mark.parametrize(
    "values", [None, [], "x", {"family": 3}, {"what": "x"}, {"family": None}, {"family": "a; rm -r b"}, {"family": "-r"}]
)
def test_what_another_program_wrote_is_no_list_of_packages(values: object) -> None:
    assert not plugins.are_origins(values)


def test_no_name_is_installed() -> None:
    assert plugins.not_installed({"family": ""}) == {"family": ""}
