from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import one_hot

from ganlab.training.networks.architectures import ARCHITECTURES
from ganlab.training.networks.dcgan import DCGANDiscriminator, DCGANGenerator, halvings
from ganlab.training.networks.layers import count_parameters, spectrally_normalised, without_batch_norm


@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_pair_maps_z_to_image_to_logit(name: str, channels: int, classes: int) -> None:
    side = 28
    pair = ARCHITECTURES[name].build(z_dim=5, width=8, image_size=side, channels=channels, num_classes=classes)
    label = torch.arange(4) % 10 if classes else None
    image = pair["G"](torch.randn(4, 5), label)
    assert image.shape == (4, channels, side, side)
    assert image.abs().max() <= 1
    assert pair["D"](image, label).shape == (4, 1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_conditional_pair_listens_to_its_label(name: str) -> None:
    pair = ARCHITECTURES[name].build(z_dim=5, width=8, image_size=28, channels=1, num_classes=10)
    z, image = torch.randn(2, 5), torch.randn(2, 1, 28, 28)
    for network, x in (("G", z), ("D", image)):
        first = pair[network].eval()(x, torch.tensor([0, 1]))
        assert not torch.equal(first, pair[network](x, torch.tensor([2, 3])))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_labels_mix_and_a_pure_mixture_is_the_label(name: str) -> None:
    pair = ARCHITECTURES[name].build(z_dim=5, width=8, image_size=28, channels=1, num_classes=10)
    z, image, label = torch.randn(3, 5), torch.randn(3, 1, 28, 28), torch.tensor([0, 4, 9])
    for network, x in (("G", z), ("D", image)):
        net = pair[network].eval()
        pure, half = one_hot(label, 10).float(), torch.full((3, 10), 0.1)
        assert torch.equal(net(x, pure), net(x, label))
        assert not torch.allclose(net(x, half), net(x, label))


@pytest.mark.parametrize(("side", "times"), [(8, 1), (28, 2), (32, 3), (48, 3), (64, 4), (96, 4), (128, 5)])
def test_dcgan_halves_down_to_four_to_seven(side: int, times: int) -> None:
    assert halvings(side) == times
    assert DCGANGenerator(3, 4, side, 3)(torch.randn(2, 3)).shape == (2, 3, side, side)
    assert DCGANDiscriminator(4, side, 3)(torch.randn(2, 3, side, side)).shape == (2, 1)


@pytest.mark.parametrize("side", [7, 9, 30, 33, 100 + 1])
def test_a_side_that_does_not_fit_is_named(side: int) -> None:
    with pytest.raises(ValueError, match=f"image_size = {side} does not fit"):
        DCGANGenerator(3, 4, side, 1)


def test_the_published_parameter_counts() -> None:
    slides = ARCHITECTURES["dense-upsample"].build(z_dim=100, width=1, image_size=28, channels=1, num_classes=0)
    assert count_parameters(slides["D"], running_statistics=True) == 212_865
    assert count_parameters(slides["G"], running_statistics=True) == 865_281
    assert count_parameters(slides["G"]) == 852_609


def test_column_networks_have_the_published_layers() -> None:
    column = ARCHITECTURES["dcgan"].build(z_dim=100, width=256, image_size=32, channels=1, num_classes=0)
    convolutions = [layer for layer in column["G"].modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(1024, 512), (512, 256), (256, 1)]
    convolutions = [layer for layer in column["D"].modules() if isinstance(layer, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [256, 512, 1024]
    conditional = ARCHITECTURES["mlp"].build(z_dim=100, width=1, image_size=28, channels=1, num_classes=10)
    linear = [[(x.in_features, x.out_features) for x in conditional[n].modules() if isinstance(x, nn.Linear)] for n in "GD"]
    assert linear == [
        [(110, 256), (256, 512), (512, 1024), (1024, 784)],
        [(794, 1024), (1024, 512), (512, 256), (256, 1)],
    ]


def test_the_first_layer_is_the_papers_transposed_convolution() -> None:
    generator = DCGANGenerator(6, 4, 28, 1)
    base, _, top = generator.seed_shape
    z = torch.randn(3, 6)
    weight = generator.project.weight.view(base, base, top, 6).permute(3, 2, 0, 1)
    expected = nn.functional.conv_transpose2d(z[:, :, None, None], weight)
    actual = generator.project(z).unflatten(1, generator.seed_shape).permute(0, 3, 1, 2)
    torch.testing.assert_close(actual, expected)


def test_removing_batch_norm_leaves_no_batch_statistics() -> None:
    critic = without_batch_norm(DCGANDiscriminator(8, 28, 1))
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d) for layer in critic.modules())
    x = torch.randn(4, 1, 28, 28)
    torch.testing.assert_close(critic(x)[:1], critic(x[:1]))  # an image's score ignores its neighbours


def test_spectral_norm_leaves_no_layer_steeper_than_one() -> None:
    torch.manual_seed(0)
    critic = spectrally_normalised(without_batch_norm(DCGANDiscriminator(8, 28, 1, num_classes=3)))
    images, labels = torch.randn(4, 1, 28, 28), torch.tensor([0, 1, 2, 0])
    for _ in range(20):  # the power method goes on at each pass
        critic(images, labels)
    critic.eval()
    weights = [layer.weight.flatten(1) for layer in critic.modules() if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding)]
    assert len(weights) == 4
    for weight in weights:
        assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1, abs=0.02)


def test_residual_blocks_begin_as_the_identity() -> None:
    pair = ARCHITECTURES["residual"].build(z_dim=5, width=8, image_size=28, channels=1, num_classes=0)
    blocks = [block for network in pair.values() for block in network.body if hasattr(block, "body")]
    assert len(blocks) == 6  # one at 28, 14 and 7 pixels in each
    x = torch.randn(2, blocks[0].body[0].in_channels, 7, 7)
    assert torch.equal(blocks[0](x), x)
    assert not any(isinstance(layer, nn.BatchNorm2d) for network in pair.values() for layer in network.modules())
