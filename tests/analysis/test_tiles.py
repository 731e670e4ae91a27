"""A picture of a sheet, drawn again from its number."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch

from ganlab.analysis.explore.tiles import tile
from ganlab.core.types import Conditioning, DataSpec
from ganlab.runtime.checkpoint import Info
from ganlab.training.families import FAMILIES
from tests.support.small import small


@pytest.mark.parametrize("family", ["dcgan", "cgan", "self-conditioned"])
def test_a_tile_is_the_picture_of_the_sheet(family: str) -> None:
    config = small(family, samples=7, seed=3)
    conditioning = FAMILIES[family].conditioning
    spec = DataSpec(28, 1, conditioning, 4 if conditioning is Conditioning.LABEL else 0)
    training = FAMILIES[family].build(config, spec)
    sheet = training.sheet(None)
    info = Info(config.to_dict(), asdict(spec), (), 10)
    for number in (0, len(sheet.images) - 1):
        z, label = tile(info, number)
        with training.evaluating() as generators:
            drawn = generators["G"](z[None], None if label is None else torch.tensor([label]))
        torch.testing.assert_close(drawn[0].float(), sheet.images[number], atol=1e-5, rtol=1e-4)
        assert label == (number % 4 if spec.num_classes else None)
    with pytest.raises(ValueError, match=r"^tile = 99 is not a picture of the sheets, which have \d\.$"):
        tile(info, 99)


def test_what_draws_from_no_z_has_no_tiles() -> None:
    info = Info(small("pix2pix").to_dict(), asdict(DataSpec(32, 3, Conditioning.PAIRED)), (), 10)
    with pytest.raises(ValueError, match="from no z"):
        tile(info, 0)
    with pytest.raises(ValueError, match="do not tell"):
        tile(replace(info, config={}, spec=asdict(DataSpec(32, 3))), 0)
