"""Other people's real checkpoints through a Hub on this machine; tests/models/test_adapters_real.py looks at what they draw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from ganlab import Pipeline
from ganlab.__main__ import main
from ganlab.core.types import Conditioning
from ganlab.models import hub
from tests.support.hub_server import serving, use

GENERATORS = {
    "cyclegan-horse2zebra-compressed/latest_net_G.pth": ("GAN Compression ResNet", Conditioning.UNPAIRED),
    "mnist-dcgan/generator.pth": ("DCGAN", Conditioning.NONE),
    "mnist-conditional-wgan-gp/generator.pth": ("Upsampling generator", Conditioning.LABEL),
    "mnist-gan-mlp/G--300.ckpt": ("MLP", Conditioning.NONE),
    "cgan-collapsed/generator.pth": ("MLP", Conditioning.LABEL),
}
OTHERS = ("mnist-gan-mlp/D--300.ckpt", "mnist-lenet5/lenet5.pth")


@pytest.fixture(scope="module", autouse=True)
def hub_with_weights(foreign_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Hub with a repository for each folder of the shared weights."""
    with serving() as running, pytest.MonkeyPatch.context() as patch:
        use(running, tmp_path_factory.mktemp("home"), patch)
        for folder in sorted(path for path in foreign_weights.iterdir() if path.is_dir()):
            files = {path.name: path.read_bytes() for path in folder.iterdir()}
            running.add(f"someone/{folder.name}", files | {"README.md": b"---\nlicense: mit\n---\n"})
        yield


@pytest.mark.parametrize("name", [*GENERATORS, *OTHERS])
def test_a_named_file_arrives_as_it_is(foreign_weights: Path, name: str) -> None:
    assert hub.pull(f"someone/{name}").read_bytes() == (foreign_weights / name).read_bytes()


@pytest.mark.parametrize("name", GENERATORS)
def test_the_repository_alone_is_enough(name: str) -> None:
    """No file named: the generator is chosen, never the discriminator beside it."""
    layout, conditioning = GENERATORS[name]
    pipeline = Pipeline.from_pretrained(f"someone/{Path(name).parent.name}")
    assert pipeline.title.startswith(layout) and pipeline.spec.conditioning is conditioning
    noise = Image.effect_noise((64, 64), 80).convert("RGB")
    assert pipeline.translate(noise) if pipeline.translates else pipeline.sample(2)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_generator_is_refused_by_what_it_is(name: str) -> None:
    with pytest.raises(ValueError, match=r"holds a discriminator|is of no layout known here"):
        Pipeline.from_pretrained(f"someone/{name}")


def test_the_known_bad_one_is_labelled_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    for name in GENERATORS:
        assert main(["pull", f"someone/{Path(name).parent.name}"]) == 0
        bad = "Known bad: it draws nearly the same picture of each class whatever z is" in capsys.readouterr().out
        assert bad == (name == "cgan-collapsed/generator.pth"), name
