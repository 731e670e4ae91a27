"""Other projects' names: recognised, and every tensor in its place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from ganlab.core.types import Conditioning
from ganlab.models.adapters import recognition as adapters
from tests.support import ROOT
from tests.support import foreign as made

TRANSLATORS: dict[str, tuple[Callable[[], made.State], Callable[[made.State, Tensor], Tensor], str, int, Conditioning]] = {
    "resnet-9": (made.resnet, made.run_resnet, "junyanz ResNet, 9 blocks", 256, Conditioning.UNPAIRED),
    "resnet-6": (lambda: made.resnet(blocks=6), made.run_resnet, "junyanz ResNet, 6 blocks", 128, Conditioning.UNPAIRED),
    "resnet-dropout": (lambda: made.resnet(second=6), made.run_resnet, "junyanz ResNet, 9", 256, Conditioning.UNPAIRED),
    "mobile": (made.mobile_resnet, made.run_resnet, "GAN Compression ResNet, 9", 256, Conditioning.UNPAIRED),
    "huggan-resnet": (made.upsampling_resnet, made.run_resnet, "HugGAN ResNet, 9", 256, Conditioning.UNPAIRED),
    "unet-256": (made.unet, made.run_unet, "junyanz U-Net, 256 pixels", 256, Conditioning.PAIRED),
    "unet-128": (lambda: made.unet(7), made.run_unet, "junyanz U-Net, 128 pixels", 128, Conditioning.PAIRED),
    "unet-instance": (lambda: made.unet(batch=False), made.run_unet, "junyanz U-Net, 256", 256, Conditioning.PAIRED),
    "huggan-unet": (made.huggan_unet, made.run_huggan_unet, "HugGAN U-Net, 256", 256, Conditioning.PAIRED),
    "coursera": (made.coursera_resnet, made.run_coursera_resnet, "Coursera ResNet, 9", 256, Conditioning.UNPAIRED),
}


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def picture(side: int = 256, channels: int = 3) -> Tensor:
    return torch.rand(1, channels, side, side) * 2 - 1


@pytest.mark.parametrize("case", TRANSLATORS)
@torch.inference_mode()
def test_translators_draw_what_their_names_mean(case: str) -> None:
    build, reference, layout, size, conditioning = TRANSLATORS[case]
    state = build()
    foreign = adapters.recognise(state)
    assert foreign.layout.startswith(layout)
    assert (foreign.spec.image_size, foreign.spec.channels, foreign.spec.conditioning) == (size, 3, conditioning)
    network = foreign.generators["G"]
    assert not network.training and size % network.multiple == 0
    image = picture(max(64, int(network.multiple)))
    torch.testing.assert_close(network(image), reference(state, image), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_the_references_notice_a_swapped_tensor() -> None:
    state, image = made.resnet(width=2), picture(64)
    first, second = "model.10.conv_block.1.weight", "model.10.conv_block.5.weight"
    swapped = state | {first: state[second], second: state[first]}
    assert (adapters.recognise(swapped).generators["G"](image) - made.run_resnet(state, image)).abs().max() > 1e-3


@torch.inference_mode()
def test_dcgan_and_mlp_draw_what_their_names_mean() -> None:
    for state, run, shape in (
        (made.dcgan(), made.run_dcgan, (1, 64, 64)),
        (made.dcgan(3), made.run_dcgan, (3, 64, 64)),
        (made.mlp(), made.run_mlp, (1, 28, 28)),
        (made.mlp((100, 32, 784)), lambda state, z: relu_mlp(state, z), (1, 28, 28)),
    ):
        foreign = adapters.recognise(state)
        z = torch.randn(5, foreign.z_dim)
        assert (foreign.spec.channels, foreign.spec.image_size, foreign.spec.image_size) == shape
        assert foreign.spec.conditioning is Conditioning.NONE and not foreign.labels
        torch.testing.assert_close(foreign.generators["G"](z, None), run(state, z), atol=1e-5, rtol=0)


def relu_mlp(state: made.State, z: Tensor) -> Tensor:
    hidden = (z @ state["model.0.weight"].T + state["model.0.bias"]).relu()
    return (hidden @ state["model.2.weight"].T + state["model.2.bias"]).tanh().unflatten(1, (1, 28, 28))


@pytest.mark.parametrize("label_first", [True, False])
@torch.inference_mode()
def test_label_embeddings_in_either_order(label_first: bool) -> None:
    """As trained ones do, the first layer here listens more to the label than to z."""
    classes, width, z_dim = 7, 5, 40
    embedding = torch.randn(classes, width)
    state = made.mlp((width + z_dim, 32, 64, 784))
    columns = slice(None, width) if label_first else slice(-width, None)
    state["model.0.weight"][:, columns] *= 2
    foreign = adapters.recognise(state | {"label_emb.weight": embedding})
    assert (foreign.spec.conditioning, foreign.spec.num_classes, foreign.z_dim) == (Conditioning.LABEL, classes, z_dim)
    assert foreign.labels == tuple("0123456")
    z, label = torch.randn(classes, z_dim), torch.arange(classes)
    both = [embedding[label], z] if label_first else [z, embedding[label]]
    expected = made.run_mlp(state, torch.cat(both, dim=1))
    torch.testing.assert_close(foreign.generators["G"](z, label), expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_label_embedding_before_transposed_convolutions() -> None:
    embedding = torch.randn(4, 3)
    state = made.dcgan(z_dim=11, name="main")
    state["main.0.weight"][-3:] *= 3
    foreign = adapters.recognise(made.prefixed("generator.", state | {"label_emb.weight": embedding}))
    z, label = torch.randn(4, 8), torch.arange(4)
    expected = made.run_dcgan(state, torch.cat([z, embedding], dim=1), "main")
    torch.testing.assert_close(foreign.generators["G"](z, label), expected, atol=1e-5, rtol=0)


def test_grey_and_colour_are_mixed_when_the_network_mixes_them() -> None:
    image = picture(32)
    state = made.resnet(2, channels=(1, 3))
    network = adapters.recognise(state).generators["G"]
    with torch.inference_mode():
        torch.testing.assert_close(network(image), made.run_resnet(state, image.mean(dim=1, keepdim=True)), atol=1e-5, rtol=0)
        foreign = adapters.recognise(made.resnet(2, channels=(3, 1)))
        fake = foreign.generators["G"](image)
    assert foreign.spec.channels == 3 and fake.shape == image.shape and bool((fake[:, 0] == fake[:, 2]).all())
    assert adapters.recognise(made.resnet(2, channels=(1, 1))).spec.channels == 1
    with pytest.raises(ValueError, match="from 4 channels to 3"):
        adapters.recognise(made.resnet(2, channels=(4, 3)))


@pytest.mark.parametrize(
    "prefix", ["module.", "netG.", "model_state_dict.", "state_dict.module.", "generator.", "params_ema.", "state_dict.G.module."]
)
def test_wrappers_around_one_network(prefix: str) -> None:
    for state in (made.resnet(2), made.unet(5), made.huggan_unet((2, 4, 4)), made.dcgan(), made.mlp()):
        assert adapters.recognise(made.prefixed(prefix, state)).layout == adapters.recognise(state).layout


@pytest.mark.parametrize(
    ("there", "back"),
    [("gen_AB", "gen_BA"), ("G_AB", "G_BA"), ("netG_A2B", "netG_B2A"), ("G_XtoY", "G_YtoX"), ("netG_A", "netG_B")],
)
def test_both_directions_of_a_training_state(there: str, back: str) -> None:
    forward, backward = made.resnet(2), made.resnet(2)
    state = made.prefixed(f"{back}.", backward) | made.prefixed(f"{there}.", forward)
    state |= made.prefixed("disc_A.", {"model.0.weight": torch.randn(8, 3, 4, 4), "model.2.weight": torch.randn(1, 8, 4, 4)})
    state |= {"gen_opt.state.0.exp_avg": torch.randn(2, 3, 7, 7)}
    foreign = adapters.recognise(state)
    image = picture(32)
    with torch.inference_mode():
        torch.testing.assert_close(foreign.generators["G_AB"](image), made.run_resnet(forward, image), atol=1e-5, rtol=0)
        torch.testing.assert_close(foreign.generators["G_BA"](image), made.run_resnet(backward, image), atol=1e-5, rtol=0)
    assert foreign.spec.conditioning is Conditioning.UNPAIRED


def test_upit_calls_the_generator_of_domain_a_g_a() -> None:
    """There G_A leads from B to A, and its layers have no "model." before them."""
    to_a, to_b = made.resnet(2), made.resnet(2)
    state = {name.replace("model.", "G_A."): tensor for name, tensor in to_a.items()}
    state |= {name.replace("model.", "G_B."): tensor for name, tensor in to_b.items()}
    image = picture(32)
    with torch.inference_mode():
        fake = adapters.recognise(state).generators["G_AB"](image)
        torch.testing.assert_close(fake, made.run_resnet(to_b, image), atol=1e-5, rtol=0)


def test_an_averaged_generator_is_preferred() -> None:
    raw, averaged = made.dcgan(), made.dcgan()
    foreign = adapters.recognise(made.prefixed("g.", raw) | made.prefixed("g_ema.", averaged))
    z = torch.randn(2, 10)
    with torch.inference_mode():
        torch.testing.assert_close(foreign.generators["G"](z), made.run_dcgan(averaged, z), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_legacy_statistics_half_precision_and_order_do_not_matter() -> None:
    state, image = made.resnet(2), picture(32)
    expected = made.run_resnet(state, image)
    legacy = dict(state)
    for index in (2, 5, 8):
        legacy[f"model.{index}.running_mean"] = torch.randn(8)
        legacy[f"model.{index}.running_var"] = torch.rand(8)
        legacy[f"model.{index}.num_batches_tracked"] = torch.tensor(3)
    reordered = dict(sorted(legacy.items(), reverse=True))
    torch.testing.assert_close(adapters.recognise(reordered).generators["G"](image), expected, atol=1e-5, rtol=0)
    half = {name: tensor.half() for name, tensor in state.items()}
    network = adapters.recognise(half).generators["G"]
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    rounded = {name: tensor.half().float() for name, tensor in state.items()}
    torch.testing.assert_close(network(image), made.run_resnet(rounded, image), atol=1e-5, rtol=0)


def test_networks_own_their_weights() -> None:
    state = made.mlp()
    network = adapters.recognise(state).generators["G"]
    before = network(torch.zeros(1, 100))
    for tensor in state.values():
        tensor.zero_()
    assert bool((network(torch.zeros(1, 100)) == before).all())


REFUSED = {
    "discriminator": (
        {"model.0.weight": torch.randn(8, 3, 4, 4), "model.11.weight": torch.randn(1, 8, 4, 4)},
        "holds a discriminator",
    ),
    "flat discriminator": ({"0.weight": torch.randn(9, 784), "2.weight": torch.randn(1, 9)}, "holds a discriminator"),
    "named discriminators": ({"D_A.3.weight": torch.randn(4, 4), "D_B.3.weight": torch.randn(4, 4)}, "holds a discriminator"),
    "optimizer": ({"state.0.exp_avg": torch.randn(3), "state.0.step": torch.tensor(3.0)}, "an optimizer's state"),
    "classifier": ({"conv1.weight": torch.randn(6, 1, 5, 5), "fc.weight": torch.randn(10, 9)}, "no layout known"),
    "nothing": ({}, "no layout known"),
    "antialiased": (made.resnet(2) | {"model.5.filt": torch.ones(4, 1, 3, 3)}, "no layout known"),
    "one too many": (made.dcgan() | {"model.20.weight": torch.ones(3)}, "no layout known"),
    "two of a kind": (made.prefixed("gen_a.", made.dcgan()) | made.prefixed("gen_b.", made.dcgan()), "no pair"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_one_sentence(case: str) -> None:
    state, reason = REFUSED[case]
    with pytest.raises(ValueError, match=reason) as refusal:
        adapters.recognise(state, "some.pth")
    text = str(refusal.value)
    assert text.startswith("some.pth ") and text.endswith(".") and "\n" not in text and len(text) < 240


def test_a_refusal_names_the_nearest_layout_and_the_first_tensor_that_does_not_fit() -> None:
    state = made.mlp() | {"model.<script>.weight": torch.randn(10, 9)}
    with pytest.raises(ValueError) as refusal:
        adapters.recognise(state)
    assert "nearest is a generator that draws from z" in str(refusal.value)
    assert "model.?script?.weight (10×9) does not fit" in str(refusal.value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(bad: float) -> None:
    state = made.resnet(2)
    state["model.12.conv_block.5.bias"][3] = bad
    with pytest.raises(ValueError, match="not finite"):
        adapters.recognise(state)


def test_nothing_heavy_is_imported_for_the_names_alone() -> None:
    code = "import sys, ganlab.models.adapters; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
