"""Feature maps of every family's networks: all layers there, their shapes right, the networks as before."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from ganlab.analysis.explore.activations import capture, layers_of
from ganlab.app.views.model_wording import maps_text
from ganlab.core.types import Conditioning, DataSpec
from ganlab.training.families import FAMILIES
from ganlab.training.networks.layers import count_parameters
from tests.support.small import SMALL_TRANSLATION, small

PAIRS = [(family, name) for family in FAMILIES for name in ("G", "D")]


def network_and_inputs(family: str, name: str) -> tuple[nn.Module, tuple[Tensor | None, ...]]:
    """A small untrained network of a family, and one input for it; `name` 'G' also finds 'G_AB'."""
    kind = FAMILIES[family].conditioning
    between = kind.between_images
    size, channels = (SMALL_TRANSLATION["image_size"], 3) if between else (28, 1)
    spec = DataSpec(size, channels, kind, 10 if kind is Conditioning.LABEL else 0)
    config = small(family, image_size=size)
    torch.manual_seed(0)
    networks = FAMILIES[family].build_networks(config, spec)
    network = next(networks[key] for key in sorted(networks) if key.startswith(name)).eval()
    image, label = torch.randn(1, channels, size, size), torch.tensor([3])
    if between:
        return network, (image, image) if name == "D" and kind is Conditioning.PAIRED else (image,)
    if family == "self-conditioned":
        return network, (image, label) if name == "D" else (torch.randn(1, config.z_dim), None)
    return network, (image if name == "D" else torch.randn(1, config.z_dim), label if spec.num_classes else None)


def hooks(network: nn.Module) -> int:
    return sum(len(module._forward_hooks) for module in network.modules())


@pytest.mark.parametrize(("family", "name"), PAIRS)
@torch.no_grad()
def test_every_layer_is_there_and_nothing_changes(family: str, name: str) -> None:
    network, inputs = network_and_inputs(family, name)
    truth: dict[str, tuple[int, ...]] = {}
    handles = [
        module.register_forward_hook(lambda _m, _i, out, path=path: truth.update({path: tuple(out.shape[1:])}))
        for path, module in network.named_modules()
        # a layer with spectral norm holds what computes its weight, which is no layer of its own
        if "parametrizations" not in path and (is_parametrized(module) or not list(module.children()))
    ]
    before = network(*inputs)
    for handle in handles:
        handle.remove()
    state = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    found = capture(network, *inputs, most=4, side=16)
    assert hooks(network) == 0
    assert torch.equal(network(*inputs), before)
    assert all(torch.equal(state[key], tensor) for key, tensor in network.state_dict().items())
    assert {maps.layer.path: maps.layer.shape for maps in found.maps} == truth
    assert [maps.layer.path for maps in found.maps] == list(truth), "not in the order in which they ran"
    assert found.count == count_parameters(network) == sum(layer.count for layer in layers_of(network))
    for maps in found.maps:
        count, height, width = maps.pictures.shape
        assert maps.pictures.dtype == torch.uint8
        if len(maps.layer.shape or ()) == 3 and not maps.whole:
            assert count == min(4, maps.layer.shape[0]) and max(height, width) <= 16  # type: ignore[index]
        else:
            assert maps.whole and count == 1 and height * width >= maps.total


def test_the_hooks_are_gone_when_the_network_fails() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(5, 1))
    with pytest.raises(RuntimeError):
        capture(network, torch.zeros(1, 1, 8, 8))
    assert hooks(network) == 0


def test_the_strongest_come_first_and_each_spans_black_to_white() -> None:
    class Three(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            ramp = torch.linspace(0, 1, 16).view(4, 4)
            return torch.stack([ramp.new_full((4, 4), 100.0), 0.1 * ramp, 7 * ramp])[None] + 0 * x

    (maps,) = capture(nn.Sequential(Three()), torch.zeros(1, 1, 4, 4), most=2).maps
    assert maps.indices == (2, 1) and maps.total == 3
    assert maps_text(maps) == "Three 1: 3 maps of 4 × 4, the 2 strongest"
    assert [(int(map_.min()), int(map_.max())) for map_ in maps.pictures] == [(0, 255), (0, 255)]
    (maps,) = capture(nn.Sequential(Three()), torch.zeros(1, 1, 4, 4)).maps
    assert maps.pictures[2].unique().tolist() == [127] or maps.pictures[2].unique().tolist() == [128]  # the constant one


def test_what_another_thread_asks_of_the_network_meanwhile_is_not_shown() -> None:
    class Interrupted(nn.Module):
        """Somebody else's whole picture passes through the network in the middle of ours."""

        def forward(self, x: Tensor) -> Tensor:
            if threading.current_thread() is ours:
                stranger = threading.Thread(target=network, args=(torch.ones(1, 1, 4, 4),))
                stranger.start()
                stranger.join()
            return x

    ours, ramp = threading.current_thread(), torch.linspace(0, 1, 16).view(1, 1, 4, 4)
    network = nn.Sequential(Interrupted(), nn.ReLU()).eval()
    pictures = [maps.pictures[0] for maps in capture(network, ramp).maps]
    assert len(pictures) == 2
    assert all(int(picture.min()) == 0 and int(picture.max()) == 255 for picture in pictures)  # a constant one would be grey


def test_memory_is_that_of_the_small_pictures() -> None:
    network = nn.Sequential(nn.Conv2d(3, 48, 3, padding=1), nn.ReLU(), nn.Conv2d(48, 3, 3, padding=1)).eval()
    found = capture(network, torch.randn(1, 3, 256, 256), most=32, side=128)
    kept: list[Any] = [maps.pictures for maps in found.maps]
    assert sum(picture.numel() for picture in kept) == (32 + 32 + 3) * 128 * 128
    assert maps_text(found.maps[0]) == "convolution 1: 48 maps of 256 × 256, the 32 strongest"


def test_not_a_number_is_drawn_and_not_raised() -> None:
    (maps,) = capture(nn.Sequential(nn.ReLU()), torch.full((1, 2, 4, 4), float("nan"))).maps
    assert maps.pictures.unique().numel() == 1
