"""A student that has never seen the teacher's weights draws what the teacher draws."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import nn

from ganlab.cli.progress import driven
from ganlab.core.types import Conditioning
from ganlab.data import load
from ganlab.data.dataset import Dataset
from ganlab.models.pipeline import Pipeline
from ganlab.models.publish.distil import distil, write
from ganlab.training.networks.layers import Norm
from ganlab.training.networks.resnet import ResNetGenerator, light_resnet
from ganlab.training.recipes import recipe


@pytest.fixture(scope="module")
def teacher() -> ResNetGenerator:
    torch.manual_seed(7)
    made = ResNetGenerator(3, 3, (4, 4, 8), (8, 8), Norm.INSTANCE, light=True)
    for layer in made.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(layer.weight)
    return made


@pytest.fixture(scope="module")
def data() -> Dataset:
    return driven(load("shapes", image_size=32, channels=3, conditioning=Conditioning.UNPAIRED, limit=200))


def test_the_student_comes_near_and_the_teacher_stays(teacher: ResNetGenerator, data: Dataset) -> None:
    before = {name: tensor.clone() for name, tensor in teacher.state_dict().items()}
    _, untaught = driven(distil(teacher, data, steps=1))
    student, distance = driven(distil(teacher, data, steps=150))
    assert distance < 0.6 * untaught
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.state_dict().items())
    assert all(not torch.equal(tensor, before[name]) for name, tensor in student.state_dict().items() if "weight" in name)


def test_a_student_may_begin_from_another_generator(teacher: ResNetGenerator, data: Dataset) -> None:
    near = deepcopy(teacher)
    with torch.no_grad():
        for parameter in near.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    (_, from_near), (_, from_random) = (driven(distil(teacher, data, start=start, steps=20)) for start in (near, None))
    assert from_near < 0.5 * from_random
    with pytest.raises(ValueError, match="another shape than the teacher's"):
        driven(distil(teacher, data, start=light_resnet(3, 3, 4, Norm.INSTANCE)))


def test_the_same_seed_teaches_the_same(teacher: ResNetGenerator, data: Dataset) -> None:
    (one, _), (two, _) = (driven(distil(teacher, data, steps=3, seed=5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_other_networks_are_refused(data: Dataset) -> None:
    with pytest.raises(ValueError, match="Only residual generators"):
        driven(distil(nn.Linear(2, 2), data))


def test_what_it_writes_is_a_model_that_a_recipe_begins_with(teacher: ResNetGenerator, data: Dataset, tmp_path: Path) -> None:
    torch.manual_seed(1)
    student = light_resnet(3, 3, 16, Norm.INSTANCE).eval()
    folder = write(student, recipe("horse2zebra-light"), data, 9, tmp_path)
    pipeline = Pipeline.load(folder)
    image = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        for generator in pipeline.generators.values():  # there and back begin alike
            torch.testing.assert_close(generator(image), student(image), atol=0.02, rtol=0)
    assert pipeline.labels == ("horse", "zebra") and pipeline.step == 9
    with pytest.raises(ValueError, match="another shape than the generators of horse2zebra-light"):
        write(teacher, recipe("horse2zebra-light"), data, 9, tmp_path)
