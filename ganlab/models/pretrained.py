"""The table of pretrained models on the Hub. Importing it imports neither torch nor the Hub's client."""

from __future__ import annotations

from ganlab.core.types import Conditioning
from ganlab.data.hub.address import Address
from ganlab.models import hub
from ganlab.models.entry import NOT_STATED, ModelEntry


def named(name: str) -> ModelEntry | None:
    """The table's entry of that name."""
    return next((entry for entry in HUB if entry.name == name), None)


def on_hub(name: str) -> ModelEntry | None:
    """The model on the Hub that a name in the table or an address means; None for neither."""
    if entry := named(name):
        return entry
    if not hub.means_the_hub(name):
        return None
    address = hub.parse(name)
    return ModelEntry(name, str(address), "hub", address=address)


_AUTHORS = "davidpiscasio/unpaired-img2img"


def _entry(
    name: str,
    title: str,
    family: str,
    data: str,
    conditioning: Conditioning,
    address: Address,
    layout: str,
    summary: str,
    size: int = 0,
    domains: tuple[str, ...] = (),
) -> ModelEntry:
    return ModelEntry(
        name,
        title,
        "hub",
        family=family,
        data=data,
        conditioning=conditioning,
        domains=domains,
        layout=layout,
        summary=summary,
        address=address,
        download_size=size,
    )


def _author_model(name: str, title: str, domains: tuple[str, str], size: int = 0) -> ModelEntry:
    summary = "Not tried here: a generator as large as the paper's, 32 times the shipped light one; about 1 s a photo on a CPU."
    address = Address(_AUTHORS, "space", "3ce13dc", f"checkpoints/{name}_pretrained/latest_net_G.pth")
    data = "horse2zebra" if "horse" in domains else "apple2orange" if "apple" in domains else "photos and paintings"
    return _entry(
        name, title, "cyclegan", data, Conditioning.UNPAIRED, address, "junyanz ResNet, 9 blocks", summary, size, domains
    )


def _huggan(
    repo: str,
    title: str,
    family: str,
    data: str,
    conditioning: Conditioning,
    layout: str,
    size: int,
    summary: str,
    name: str = "",
) -> ModelEntry:
    address = Address(repo, file="pytorch_model.bin")
    return _entry(name or repo.rpartition("/")[2], title, family, data, conditioning, address, layout, summary, size)


_UNET, _UNTRIED = (
    "HugGAN U-Net, 256 pixels",
    "Not tried here: 54 million parameters, so a long download and some seconds to load.",
)
_RESNET, _PAIRED = 45_500_000, Conditioning.PAIRED

HUB: tuple[ModelEntry, ...] = (
    _author_model("horse2zebra", "CycleGAN: horses into zebras", ("horse", "zebra"), 45_575_747),
    _author_model("zebra2horse", "CycleGAN: zebras into horses", ("zebra", "horse")),
    _author_model("apple2orange", "CycleGAN: apples into oranges", ("apple", "orange")),
    _author_model("orange2apple", "CycleGAN: oranges into apples", ("orange", "apple")),
    _author_model("style_monet", "CycleGAN: photos into Monets", ("photo", "Monet")),
    _author_model("style_vangogh", "CycleGAN: photos into van Goghs", ("photo", "van Gogh")),
    _huggan(
        "huggan/dcgan-mnist",
        "DCGAN: digits at 64 pixels",
        "dcgan",
        "mnist",
        Conditioning.NONE,
        "DCGAN, 64 pixels",
        14_300_000,
        "Not tried here: digits without labels, four times the pixels of MNIST.",
    ),
    _huggan(
        "huggan/pix2pix-edge2shoes", "Pix2Pix: edges into shoes", "pix2pix", "edges2shoes", _PAIRED, _UNET, 218_000_000, _UNTRIED
    ),
    _huggan("huggan/pix2pix-maps", "Pix2Pix: aerial photos and maps", "pix2pix", "maps", _PAIRED, _UNET, 218_000_000, _UNTRIED),
    _huggan("huggan/pix2pix-night2day", "Pix2Pix: night into day", "pix2pix", "night2day", _PAIRED, _UNET, 218_000_000, _UNTRIED),
    _huggan(
        "huggan/pix2pix-facades-demo",
        "Pix2Pix: facades, hardly trained",
        "pix2pix",
        "facades",
        _PAIRED,
        _UNET,
        218_000_000,
        "Poor, as its page says: 4 epochs. The shipped facades-light had 50.",
    ),
    _huggan(
        "huggingnft/cryptopunks__2__bored-apes-yacht-club",
        "CycleGAN: punks into apes",
        "cyclegan",
        "NFT pictures",
        Conditioning.UNPAIRED,
        "HugGAN ResNet, 9 blocks",
        _RESNET,
        "Not tried here: one of many such pairs; others are huggingnft/<one>__2__<other>.",
        "punks2apes",
    ),
    _entry(
        "tmabraham-horse2zebra",
        "CycleGAN by UPIT: horses and zebras, both ways",
        "cyclegan",
        "horse2zebra",
        Conditioning.UNPAIRED,
        Address("tmabraham/horse2zebra_cyclegan"),
        "UPIT, all four networks",
        "Not tried here: both directions and both discriminators in one file.",
        113_000_000,
    ),
    _entry(
        "waleko-cyclegan",
        "CycleGAN by UPIT",
        "cyclegan",
        NOT_STATED,
        Conditioning.UNPAIRED,
        Address("waleko/cyclegan"),
        "UPIT, all four networks",
        "Not tried here: what it translates, its page has to say.",
        113_000_000,
    ),
)
