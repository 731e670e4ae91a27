"""Adding a family is adding one file: it then appears everywhere, with no other edit."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ganlab.core.types import Conditioning
from ganlab.training.families import FAMILIES
from tests.support import ROOT

NEW_FAMILY = """
from dataclasses import dataclass, replace
from ganlab.core.config import TrainConfig, setting
from ganlab.training.families.dcgan import DCGAN
from ganlab.training.families.base import register
from ganlab.training.objectives import HINGE

@dataclass(frozen=True, kw_only=True)
class HingeConfig(TrainConfig):
    margin_note: str = setting("none", "a setting of its own", common=True)

register(replace(DCGAN, name="hinge-gan", title="Hinge GAN", objective=HINGE, config=HingeConfig(family="hinge-gan")))
"""


def test_the_families_of_the_mission_are_there() -> None:
    assert {"gan", "dcgan", "lsgan", "cgan", "wgan-gp"} <= set(FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_says_where_it_comes_from(name: str) -> None:
    family = FAMILIES[name]
    assert family.paper and 2014 <= family.year <= 2030 and family.title
    assert family.config.family == name == family.name


def test_accepts_follows_what_the_data_offers() -> None:
    labelled = frozenset({Conditioning.NONE, Conditioning.LABEL})
    assert FAMILIES["dcgan"].accepts(labelled) and FAMILIES["cgan"].accepts(labelled)
    assert not FAMILIES["cgan"].accepts(frozenset({Conditioning.NONE}))


@pytest.fixture
def project_with_a_new_family(tmp_path: Path) -> Path:
    """A copy of the package with one file more."""
    package = tmp_path / "ganlab"
    for path in (ROOT / "ganlab").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            copy = package / path.relative_to(ROOT / "ganlab")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(path)
    assert len(list((package / "training" / "families").glob("*.py"))) > 8
    (package / "training" / "families" / "hinge_gan.py").write_text(NEW_FAMILY)
    return tmp_path


def run_there(project: Path, code: str) -> str:
    environment = os.environ | {"PYTHONPATH": f"{project}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=project, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_new_file_appears_in_the_cli_the_form_and_the_engine(project_with_a_new_family: Path) -> None:
    code = """
        import ganlab
        from ganlab.__main__ import main
        from tests.support.small import small
        from streamlit.testing.v1 import AppTest
        from ganlab.app.views.train import choice

        assert "hinge-gan" in ganlab.FAMILIES
        assert list(ganlab.train(small("hinge-gan", steps=2)))[-1].reason == "finished"

        page = (
            "import ganlab; from ganlab.app.views.train import choice, form\\n"
            "choice.choose({'family': 'hinge-gan'})\\n"
            "form.settings(ganlab.FAMILIES['hinge-gan'].config, {}, 'test')"
        )
        shown = AppTest.from_string(page, default_timeout=60).run()
        shown.segmented_control[0].set_value(choice.OWN).run()
        assert not shown.exception, shown.exception
        assert "Margin note" in [text.label for text in shown.text_input]
        assert any("Hinge GAN" in str(box.options) for box in shown.selectbox), [box.options for box in shown.selectbox]
        try:
            main(["train", "--family", "hinge-gan", "--help"])
        except SystemExit:
            pass
    """
    assert "--margin-note" in run_there(project_with_a_new_family, code)
