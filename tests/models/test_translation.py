"""Photos through trained and foreign models: sizes, directions, the way back, what D says, the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab import Pipeline, Run
from ganlab.__main__ import main
from ganlab.models.full_size import MOST_PIXELS
from ganlab.models.translation import forecast, heat, translate
from ganlab.runtime.worker import work
from tests.support.small import small

COMPRESSED = Path("cyclegan-horse2zebra-compressed", "latest_net_G.pth")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One short run of each image-to-image family."""
    runs = {}
    for family, changes in (("pix2pix", {"direction": "BtoA"}), ("cyclegan", {"architecture": "light"})):
        run = Run.create(small(family, steps=2, **changes), root=tmp_path_factory.mktemp(family))
        work(run)
        assert run.status().state == "finished", run.status().message
        runs[family] = run
    return runs


def photo(width: int = 90, height: int = 60) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def test_any_size_keeps_its_aspect_or_its_size(trained: dict[str, Run]) -> None:
    for run in trained.values():
        pipeline = Pipeline.load(run.path)
        made = pipeline.translate(photo(), size=48)
        assert abs(made.width / made.height - 1.5) < 0.1 and made.mode == "RGB"
        assert pipeline.translate(photo(), size=48, original_size=True).size == (90, 60)
        assert pipeline.translate(photo(31, 7).convert("L"), size=32).mode == "RGB"


def test_directions_are_those_the_model_has(trained: dict[str, Run]) -> None:
    one, both = Pipeline.load(trained["pix2pix"].path), Pipeline.load(trained["cyclegan"].path)
    assert list(one.routes) == ["BtoA"] and list(both.routes) == ["AtoB", "BtoA"]
    assert both.route_title("AtoB") == "plain to striped" and one.route_title("BtoA") == "filled to outline"
    assert both.translate(photo(), "AtoB", size=32).tobytes() != both.translate(photo(), "BtoA", size=32).tobytes()
    with pytest.raises(
        ValueError, match=r"direction = 'AtoB' is not one of BtoA.* a Pix2Pix learns one direction, filled to outline"
    ):
        one.translate(photo(), "AtoB")


def test_what_translates_draws_nothing_and_the_other_way_round(trained: dict[str, Run]) -> None:
    with pytest.raises(ValueError, match="it draws none from z; use `translate`"):
        Pipeline.load(trained["cyclegan"].path).sample(1)
    run = Run.create(small(steps=1, image_size=16))
    work(run)
    with pytest.raises(ValueError, match="it translates none; use `sample`"):
        Pipeline.load(run.path).translate(photo())


def test_translating_equals_the_network_on_the_picture(trained: dict[str, Run]) -> None:
    pipeline = Pipeline.load(trained["cyclegan"].path)
    square = photo(32, 32)
    pixels = torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1)[None] / 127.5 - 1
    expected = pipeline.generators["G_AB"](pixels).add(1).mul(127.5).round().clamp(0, 255).byte()[0].permute(1, 2, 0)
    assert np.abs(np.asarray(pipeline.translate(square, size=32)).astype(int) - expected.numpy().astype(int)).max() <= 1


def test_a_close_look_goes_back_and_asks_d(trained: dict[str, Run]) -> None:
    pipeline = Pipeline.load(trained["cyclegan"].path)
    look = translate(pipeline, photo(), "AtoB", size=64, closely=True, original_size=False)
    assert look.back is not None and look.error is not None and look.patches is not None
    assert look.back.size == look.picture.size == look.source.size == look.error.shape[::-1] == look.patches.shape[::-1]
    difference = np.abs(np.asarray(look.back).astype(float) - np.asarray(look.source)).mean() / 255
    assert look.error.mean() == pytest.approx(difference, abs=0.01)
    assert 0 <= look.patches.min() <= look.patches.max() <= 1
    assert set(pipeline.discriminators) == {"D_A", "D_B"}


def test_at_the_photos_own_size_the_close_look_keeps_the_networks(trained: dict[str, Run]) -> None:
    look = translate(Pipeline.load(trained["cyclegan"].path), photo(), "AtoB", size=32, closely=True)
    assert look.back is not None and look.picture.size == look.source.size == (90, 60)
    assert look.back.size == look.drawn.size != (90, 60) and not look.stranger


def test_a_discriminator_of_another_training_says_nothing(trained: dict[str, Run]) -> None:
    """As in horse2zebra-light, whose G_AB stayed as it was while D_B learned: config.json says so (`keep`)."""
    pipeline = Pipeline.load("horse2zebra-light")
    there = translate(pipeline, photo(), "AtoB", size=32, closely=True)
    back = translate(pipeline, photo(), "BtoA", size=32, closely=True)
    assert there.patches is None and there.stranger and there.back is not None
    assert back.patches is not None and not back.stranger


def test_what_will_be_is_known_before(trained: dict[str, Run]) -> None:
    pipeline = Pipeline.load(trained["cyclegan"].path)
    for size, own_size in (((900, 600), True), ((900, 600), False), ((12_000, 8_000), True)):
        told = forecast(pipeline, size, size=32, original_size=own_size)
        assert told.seconds > 0 and told.size[0] * told.size[1] <= MOST_PIXELS
    made = translate(pipeline, photo(1200, 900), size=32)
    told = forecast(pipeline, (1200, 900), size=32)
    assert made.picture.size == told.size and made.drawn.size == told.working
    assert told.seconds == pytest.approx(made.seconds.total, rel=0.01)


def test_one_direction_has_no_way_back_but_d_sees_the_pair(trained: dict[str, Run]) -> None:
    look = translate(Pipeline.load(trained["pix2pix"].path), photo(), size=32, closely=True)
    assert look.back is None and look.error is None and look.patches is not None


def test_without_a_discriminator_there_is_no_map(trained: dict[str, Run], tmp_path: Path) -> None:
    folder = trained["cyclegan"].checkpoints()[-1]
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    look = translate(Pipeline.load(tmp_path), photo(), size=32, closely=True)
    assert look.patches is None and look.back is not None


def test_heat_runs_from_dark_to_bright() -> None:
    ramp = np.linspace(0, 1, 50)[None].repeat(4, 0)
    brightness = np.asarray(heat(ramp).convert("L"))[0].astype(int)
    assert (np.diff(brightness) >= 0).all() and brightness[-1] - brightness[0] > 150
    assert heat(ramp, over=Image.new("RGB", (50, 4))).size == (50, 4)


def test_the_command_translates_files_folders_and_patterns(
    trained: dict[str, Run], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        photo().save(tmp_path / folder / "same.png")
    model = ["--model", str(trained["cyclegan"].path), "--size", "32"]
    assert main(["translate", "a/same.png", *model, "-o", "one.png"]) == 0
    assert Image.open("one.png").format == "PNG"
    assert main(["translate", "a", "b/*.png", *model, "-o", "many", "--original-size"]) == 0
    assert main(["translate", "a/same.png", *model, "-o", "drawn.png", "--no-original-size"]) == 0
    assert Image.open("one.png").size == (90, 60) and Image.open("drawn.png").size == (40, 27)
    assert sorted(path.name for path in Path("many").iterdir()) == ["same-2.png", "same.png"]
    assert Image.open("many/same.png").size == (90, 60)
    (tmp_path / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert main(["translate", "a", *model, "-o", "rest"]) == 1
    printed = capsys.readouterr()
    assert "Wrote 1 of 2 images to rest." in printed.out and "Skipped a/broken.jpg: " in printed.err
    assert main(["translate", "nowhere.jpg", *model]) == 2
    assert "There is no image 'nowhere.jpg'" in capsys.readouterr().err
    assert main(["translate", "a/same.png", "--model", "nothing"]) == 2


def test_a_real_horse_gets_stripes_and_the_meadow_does_not(real_data_folder: Path, foreign_weights: Path) -> None:
    """The horse loses its colour and gains contrast in short distance; at the photo's corner little happens."""
    image = Image.open(next((real_data_folder / "photos").glob("*sorrel*"))).convert("RGB")
    made = Pipeline.load(foreign_weights / COMPRESSED).translate(image, size=256)
    before, after = (np.asarray(picture.resize((300, 225))).astype(float) for picture in (image, made))
    body = np.s_[40:95, 90:210]

    def contrast(pixels: np.ndarray, size: int = 12) -> float:
        grey = pixels[body].mean(axis=2)
        rows, columns = (side // size for side in grey.shape)
        return float(grey[: rows * size, : columns * size].reshape(rows, size, columns, size).std(axis=(1, 3)).mean())

    def colour(pixels: np.ndarray) -> float:
        return float((pixels[body].max(axis=2) - pixels[body].min(axis=2)).mean())

    assert contrast(after) > 1.5 * contrast(before)
    assert colour(after) < 0.7 * colour(before)
