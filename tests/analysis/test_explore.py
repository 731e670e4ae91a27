"""Looking around in latent space: what paths, planes, sums, copies and neighbours must obey."""

from __future__ import annotations

import io
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from ganlab import Pipeline, Run
from ganlab.analysis.explore.animation import animate
from ganlab.analysis.explore.latents import Latent, class_of, combine, read, seed
from ganlab.analysis.explore.neighbours import Neighbourhood
from ganlab.analysis.explore.paths import PATHS, lerp, loop, path, slerp, strip
from ganlab.analysis.explore.planes import Plane, cell
from ganlab.analysis.explore.scores import scores
from ganlab.analysis.explore.training_images import absence, training_images
from ganlab.analysis.explore.variety import variety
from ganlab.app.views.model_wording import collapse_text
from ganlab.core.progress import finish
from ganlab.data import Dataset, load
from ganlab.models import catalogue as models
from ganlab.runtime.worker import work
from tests.support.small import small

SHIPPED = ("shapes-quick", "digits-quick", "digits-quick-conditional")


def ends(count: int = 3, size: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    noise = torch.Generator().manual_seed(4)
    return torch.randn(count, size, generator=noise), torch.randn(count, size, generator=noise)


@pytest.mark.parametrize("name", PATHS)
def test_a_path_begins_and_ends_where_it_should_to_the_bit(name: str) -> None:
    start, end = ends()
    way = path(name)(start, end, torch.linspace(0, 1, 7))
    assert way.shape == (3, 7, 16)
    assert torch.equal(way[:, 0], start) and torch.equal(way[:, -1], end)


def test_the_straight_line_goes_through_the_middle() -> None:
    start, end = ends()
    torch.testing.assert_close(lerp(start, end, torch.tensor([0.5]))[:, 0], (start + end) / 2)


def test_the_great_circle_keeps_the_length_and_an_even_pace() -> None:
    start, end = (torch.nn.functional.normalize(vector) * 4 for vector in ends())
    way = slerp(start, end, torch.linspace(0, 1, 9))
    torch.testing.assert_close(way.norm(dim=2), torch.full((3, 9), 4.0))
    paces = way.diff(dim=1).norm(dim=2)
    torch.testing.assert_close(paces, paces[:, :1].expand(-1, 8), rtol=1e-3, atol=1e-4)
    middle = lerp(start, end, torch.tensor([0.5])).norm(dim=2)
    assert (middle < 3.9).all(), "the straight line cuts the corner"


@pytest.mark.parametrize("factor", [1.0, -1.0, 2.0, 0.0])
def test_ends_without_a_great_circle_are_joined_by_a_line(factor: float) -> None:
    start, _ = ends()
    way = slerp(start, factor * start, torch.linspace(0, 1, 5))
    assert way.isfinite().all()
    torch.testing.assert_close(way, lerp(start, factor * start, torch.linspace(0, 1, 5)))


def test_a_loop_visits_every_station_and_never_jumps() -> None:
    stations, _ = ends(4)
    way = loop(stations, 10)
    assert torch.equal(way[::10], stations)
    steps = torch.cat([way, way[:1]]).diff(dim=0).norm(dim=1)
    assert steps.max() < 0.3 * (stations - stations.roll(-1, 0)).norm(dim=1).max()
    assert torch.equal(strip(stations[0], stations[1], 2), stations[:2])
    with pytest.raises(ValueError, match="path = 'spiral' is not one of slerp, lerp"):
        strip(stations[0], stations[1], 2, "spiral")


def test_the_corners_of_a_map() -> None:
    (a, b, c), _ = ends()
    plane = Plane.through(a, b, c)
    grid = plane.grid(5).view(5, 5, -1)
    for where, z in {(4, 0): a, (4, 4): b, (0, 0): c, (0, 4): b - a + c}.items():
        torch.testing.assert_close(grid[where], z)
    directions = torch.eye(16)
    around = Plane.along(a, directions, 2, 5, reach=3.0)
    torch.testing.assert_close(around.at(1, -0.5) - a, 3 * directions[2] - 1.5 * directions[5])
    torch.testing.assert_close(around.grid(3)[4], a)
    with pytest.raises(ValueError, match="two different directions"):
        Plane.along(a, directions, 2, 2, reach=3.0)


@pytest.mark.parametrize("side", [2, 5, 9])
def test_a_click_finds_the_picture_under_it(side: int) -> None:
    (a, b, c), _ = ends()
    plane, width = Plane.through(a, b, c), 30
    for row in range(side):
        for column in range(side):
            x, y = cell((column * width + 17, row * width + 3), (side * width, side * width), side)
            torch.testing.assert_close(plane.at(x, y), plane.grid(side)[row * side + column])
    assert cell((10_000, -5), (300, 300), side) == (1.0, 1.0)


def test_latent_arithmetic() -> None:
    (a, b, c), _ = ends()
    assert torch.equal(combine(a, a, c), c)
    torch.testing.assert_close(combine(a, b, b), a)
    far = combine(a, -a, a)
    torch.testing.assert_close(far, a)  # 3 a, shortened
    assert torch.equal(combine(a, a, 0 * a), 0 * a)


NUMBERS = st.floats(-1000, 1000, width=32)
NAMES = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=200)


@given(NAMES, st.lists(NUMBERS, min_size=1, max_size=64), st.none() | NAMES)
def test_a_latent_survives_its_text(model: str, z: list[float], label: str | None) -> None:
    latent = Latent.of(model, torch.tensor(z), label)
    assert Latent.parse(latent.dump()) == latent
    assert torch.equal(Latent.parse(latent.dump()).tensor(), torch.tensor(z))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["model", "z", "label", "x"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.text() | JSON.map(json.dumps))
def test_garbage_is_refused_in_one_sentence(text: str) -> None:
    try:
        latent = Latent.parse(text)
    except ValueError as error:
        assert "\n" not in str(error) and str(error).endswith(".") and len(str(error)) < 200
    else:
        assert latent.z and all(abs(number) <= 1000 for number in latent.z) and latent.model


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[1, 2]", "something else"),
        ('{"z": [1]}', "something else"),
        ('{"model": "m", "z": [1], "run": "rm"}', "something else"),
        ('{"model": "m", "z": []}', "list of 1 to"),
        ('{"model": "m", "z": [1, NaN]}', "NaN"),
        ('{"model": "m", "z": [1, true]}', "Number 2"),
        ('{"model": "m", "z": [1e9]}', "Number 1"),
        ('{"model": "m", "z": [' + "9" * 400 + "]}", "Number 1"),
        ('{"model": "m", "z": [1], "z": [2]}', "twice"),
        ('{"model": "", "z": [1]}', "model of a latent"),
        ('{"model": "a\\nb", "z": [1]}', "model of a latent"),
        ('{"model": "m", "z": [1], "label": 3}', "label of a latent"),
        ("[" * 100_000, "nested"),
        (" " * 200_001, "too long"),
        ('{"model": "m", "z": [' + "9" * 5000 + "]}", "Number 1"),
    ],
)
def test_what_is_wrong_with_a_latent_is_said(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        Latent.parse(text)
    assert "\n" not in str(caught.value)


def test_seeds_and_latents_are_read_alike() -> None:
    pipeline = Pipeline.load("digits-quick-conditional")
    z = pipeline.latents(1, 12)[0]
    assert torch.equal(read(pipeline, " 12 "), z)
    assert torch.equal(read(pipeline, Latent.of("another", z, "3").dump()), z)
    with pytest.raises(ValueError, match=r"has 2 numbers, but .* wants 16"):
        read(pipeline, '{"model": "small", "z": [1, 2]}')
    with pytest.raises(ValueError, match="Give a seed"):
        read(pipeline, " ")
    for text in ("-1", "1.5", "2147483648", "٣" * 30, "9" * 50):
        with pytest.raises(ValueError):
            seed(text)
    assert class_of(pipeline, "3") == 3 and class_of(pipeline, None) == 0
    assert class_of(Pipeline.load("digits-quick"), "3") is None
    with pytest.raises(ValueError, match="no class 'seven'"):
        class_of(pipeline, "seven")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_same_z_draws_the_same_picture_along_a_strip(name: str) -> None:
    pipeline = Pipeline.load(name)
    a, b = pipeline.latents(1, 3)[0], pipeline.latents(1, 4)[0]
    images = pipeline.generate(strip(a, b, 6), 0 if pipeline.conditional else None)
    assert torch.equal(images[0], pipeline.generate(a[None], 0 if pipeline.conditional else None)[0])
    assert not torch.equal(images[0], images[-1])


def test_classes_mix_and_a_pure_mixture_is_the_class() -> None:
    pipeline = Pipeline.load("shapes-quick")
    z = pipeline.latents(3, 1)
    shares = torch.zeros(3, 10)
    shares[:, 4] = 1
    assert torch.equal(pipeline.generate(z, shares), pipeline.generate(z, 4))
    shares[:, 4], shares[:, 5] = 0.5, 0.5
    mixed = pipeline.generate(z, shares[:1])
    assert not torch.equal(mixed, pipeline.generate(z, 4)) and not torch.equal(mixed, pipeline.generate(z, 5))
    for wrong in (torch.zeros(3, 9), torch.zeros(2, 10), torch.full((3, 10), torch.nan), torch.zeros(10)):
        with pytest.raises(ValueError, match="A mixture of classes"):
            pipeline.generate(z, wrong)


@pytest.mark.parametrize("format", ["GIF", "WebP"])
def test_an_animation_plays_all_its_frames_for_ever(format: str) -> None:
    images = torch.arange(0, 240, 20, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 8, 8).contiguous()
    with Image.open(io.BytesIO(animate(images, format, frames_per_second=20, scale=2))) as film:
        assert (film.format, film.size, film.n_frames, film.info["loop"]) == (format.upper(), (16, 16), 12, 0)
        for index in (0, 5, 11):
            film.seek(index)
            assert film.convert("L").getpixel((3, 3)) == 20 * index
    with pytest.raises(ValueError, match=r"GIF, WebP.*, not as 'AVI'"):
        animate(images, "AVI")
    with pytest.raises(ValueError, match="1 pictures"):
        animate(images[:1])


@pytest.fixture(scope="module")
def shapes() -> Dataset:
    return finish(load("shapes", image_size=16, channels=1)).first(3000)


@pytest.mark.parametrize("index", [0, 7, 2999])
def test_the_nearest_of_a_training_image_is_itself(shapes: Dataset, index: int) -> None:
    found = finish(Neighbourhood(shapes).nearest(shapes.images[index]))
    assert found.matches[0].index == index and found.matches[0].distance == 0
    assert [match.distance for match in found.matches] == sorted(match.distance for match in found.matches)
    assert found.likeness == "copy" and found.typical > 0 and found.nearer == 0


def test_neighbours_agree_with_the_plain_way_to_find_them(shapes: Dataset) -> None:
    picture = torch.randint(0, 256, (1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    found = finish(Neighbourhood(shapes).nearest(picture, count=4))
    plain = (shapes.images.float() - picture.float()).div(255).square().flatten(1).mean(1).sqrt()
    distances, indices = plain.topk(4, largest=False)
    assert [match.index for match in found.matches] == indices.tolist()
    torch.testing.assert_close(torch.tensor([match.distance for match in found.matches]), distances)
    assert found.likeness == "ordinary"


def test_a_slightly_changed_copy_is_suspicious_and_a_mirrored_one_found_where_mirrors_were_trained_on(shapes: Dataset) -> None:
    changed = shapes.images[5].clone()
    changed[0, 0, :4] += 3
    assert finish(Neighbourhood(shapes).nearest(changed)).likeness == "near"
    mirrored = shapes.images[2].flip(-1)
    assert finish(Neighbourhood(shapes, flip=True).nearest(mirrored)).matches[0].distance == 0
    assert finish(Neighbourhood(shapes).nearest(mirrored)).matches[0].distance > 0
    with pytest.raises(ValueError, match="training images are"):
        finish(Neighbourhood(shapes).nearest(torch.zeros(3, 16, 16, dtype=torch.uint8)))


def test_features_find_a_training_image_too(real_data: object) -> None:
    digits = finish(load("mnist", image_size=28)).first(2500)
    search = Neighbourhood(digits)
    assert search.measures == ("pixels", "features")
    found = finish(search.nearest(digits.images[11], "features", 3))
    assert found.matches[0].index == 11 and found.matches[0].distance < 1e-3 < found.typical
    assert search.label(found.matches[0]) is not None


def test_data_that_is_not_here_is_told_and_never_fetched() -> None:
    assert "not on this machine" in absence({"dataset": "mnist"})
    assert absence({"dataset": "shapes"}) == ""
    assert "not on this machine" in absence({"dataset": "folder", "data_path": "/nowhere/at/all"})
    assert "'faces'" in absence({"dataset": "faces"})
    with pytest.raises(ValueError, match="MNIST digits"):
        finish(training_images({"dataset": "mnist", "family": "gan", "image_size": 28}, 1))


@pytest.mark.parametrize("family", ["dcgan", "cgan", "self-conditioned"])
def test_a_run_scores_its_pictures_and_a_shipped_model_says_that_it_cannot(family: str) -> None:
    run = Run.create(
        small(family, steps=2, image_size=16, samples=10, **({"clusters": 4} if family == "self-conditioned" else {}))
    )
    work(run)
    pipeline = Pipeline.load(run.id)
    images = pipeline.generate(pipeline.latents(10, 0))
    found = scores(pipeline, images)
    assert found is not None and len(found) == 10 and all(0 <= score <= 1 for score in found)
    assert scores(pipeline, images[3:4], 3 if family == "cgan" else None) == pytest.approx(found[3:4], abs=1e-5)
    assert scores(Pipeline.load("digits-quick"), images) is None


@pytest.mark.parametrize("name", models.NAMES)
def test_no_shipped_model_is_called_collapsed(name: str) -> None:
    assert variety(Pipeline.load(name)) > 0.5 and collapse_text(Pipeline.load(name)) == ""


def test_a_generator_that_does_not_heed_z_is_called_collapsed() -> None:
    """One picture for every z, one for each class, and a faint trace of z."""
    for name, words in (("digits-gan", "the same picture whatever z is"), ("shapes-quick", "the same picture of each class")):
        heeded = Pipeline.load(name).generator
        for share, bad in ((0.0, True), (0.01, True), (1.0, False)):
            pipeline = Pipeline.load(name)
            pipeline.generators["G"] = Deaf(heeded, share)
            assert (words in collapse_text(pipeline)) is bad, share


def test_a_translator_that_does_not_heed_the_photo_is_called_collapsed() -> None:
    pipeline = Pipeline.load("facades-light")
    (heeded,) = pipeline.generators.values()
    pipeline.generators["G"] = Blind(heeded)
    assert "the same picture whatever the photo is" in collapse_text(pipeline)


class Blind(nn.Module):
    """A generator that is shown grey instead of the photo."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.multiple = inner, inner.multiple

    def forward(self, image: Tensor) -> Tensor:
        return self.inner(torch.zeros_like(image))


class Deaf(nn.Module):
    """A generator that hears only a share of z."""

    def __init__(self, generator: nn.Module, share: float) -> None:
        super().__init__()
        self.generator, self.share = generator, share

    def forward(self, z: Tensor, condition: Tensor | None) -> Tensor:
        return self.generator(self.share * z, condition)
