"""The catalogue of models: shipped with the project, trained here, or on the Hub; to a person, all three look the same.

Imports neither torch nor the Hub's client until a state is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab.models.cards import read as reading
from ganlab.models.catalogue import Model, models
from ganlab.models.hub.address import Address
from ganlab.runtime import checkpoint

State = Literal["shipped", "trained", "cached", "downloadable", "offline"]
_NOT_STATED = "not stated"


@dataclass(frozen=True)
class Here:
    """A checkpoint folder on this machine; `origin` is "shipped" or "run"."""

    folder: Path
    origin: str


@dataclass(frozen=True)
class OnHub:
    """A file on the Hub; `size` in bytes (0: unknown), `sha256` "" where nobody has told it, `file` "" is the only one."""

    repo: str
    file: str = ""
    kind: str = "model"
    revision: str = ""
    size: int = 0
    sha256: str = ""

    @property
    def address(self) -> Address:
        """Where to pull it from."""
        return Address(self.repo, self.kind, self.revision, self.file)


@dataclass(frozen=True)
class Entry:
    """A model that can be chosen. `name` is what Pipeline.load takes; `verdict` is one honest line on how good it is.

    `family` and `data` are names as in FAMILIES and DATASETS where those fit; `layout` says whose file it is; `domains` name
    what an image-to-image model leads from and to; `samples` is a picture of what it makes that came with it.
    """

    name: str
    title: str
    family: str
    data: str
    source: Here | OnHub
    licence: str
    layout: str
    verdict: str
    domains: tuple[str, ...] = ()
    samples: Path | None = None

    @property
    def translates(self) -> bool:
        """Whether it turns pictures into pictures."""
        return self.family in ("pix2pix", "cyclegan")

    @property
    def needs_network(self) -> bool:
        """Whether it must be downloaded before its first use."""
        return state(self) in ("downloadable", "offline")

    @property
    def thumbnail(self) -> Path | None:
        """A picture of what it makes, if there is one here: of the Hub's, what it drew itself once it had been pulled."""
        if not isinstance(self.source, OnHub):
            return self.samples
        from ganlab.models import hub

        try:
            place = hub.cached(self.source.address)
        except hub.HubError:
            return None
        path = hub.thumbnail(place) if place else None
        return path if path and path.is_file() else None

    @property
    def remarks(self) -> str:
        """What to know before choosing it: how good it is, under which licence, and where it comes from."""
        licence = f"Licence {self.licence}" if self.licence != _NOT_STATED else "Licence not stated"
        where = f"{self.source.address.repo} on the Hub" if isinstance(self.source, OnHub) else "shipped with GANLab"
        return f"{self.verdict} {licence}; {where}."

    @property
    def size(self) -> int:
        """In bytes; 0 where unknown."""
        if isinstance(self.source, OnHub):
            return self.source.size
        files = (self.source.folder / name for name in (checkpoint.MODEL, checkpoint.JUDGES))
        return sum(file.stat().st_size for file in files if file.is_file())


def catalogue() -> list[Entry]:
    """Every model that can be chosen: runs (newest first), shipped ones, and those on the Hub. Asks no network."""
    return [entry for model in models() if (entry := _of_model(model))] + list(HUB)


def named(name: str) -> Entry | None:
    """The entry of the Hub's part that is called so."""
    return next((entry for entry in HUB if entry.name == name), None)


def on_hub(name: str) -> OnHub | None:
    """Where on the Hub the model lies that a person means by a name of the catalogue or an address; None for neither."""
    from ganlab.models import hub

    if (entry := named(name)) and isinstance(entry.source, OnHub):
        return entry.source
    if not hub.means_the_hub(name):
        return None
    address = hub.parse(name)
    return OnHub(address.repo, address.file, address.kind, address.revision)


def state(entry: Entry) -> State:
    """Where the model is now: "shipped", "trained" here, "cached" from the Hub, "downloadable", or out of reach ("offline").

    Looks at the disk alone; offline is what HF_HUB_OFFLINE says, or a missing huggingface-hub.
    """
    if isinstance(entry.source, Here):
        return "shipped" if entry.source.origin == "shipped" else "trained"
    from ganlab.models import hub

    try:
        if hub.cached(entry.source.address):
            return "cached"
        return "offline" if hub.offline() else "downloadable"
    except hub.HubError:
        return "offline"


def remarks(model: Model) -> str:
    """What to know before choosing a model, as `Entry.remarks` says; "" for a run."""
    if model.origin == "run":
        return ""
    entry = _of_model(model) if model.origin == "shipped" else named(model.name)
    if entry is None:
        return "" if model.origin == "shipped" else "Licence and quality: see its page on the Hub."
    return entry.remarks


def _of_model(model: Model) -> Entry | None:
    """None where its config.json is damaged."""
    try:
        info = checkpoint.read_info(model.folder)
        card = reading.read(model.folder / "README.md")
        return Entry(
            model.name,
            card.title or model.title,
            str(info.config["family"]),
            str(info.config["dataset"]),
            Here(model.folder, model.origin),
            card.licence or ("your own" if model.origin == "run" else _NOT_STATED),
            checkpoint.FORMAT,
            card.verdict or card.measured or f"Trained for {info.step:,} steps; look at its samples.",
            tuple(info.labels) if model.translates else (),
            model.picture,
        )
    except (ValueError, KeyError):
        return None


_AUTHORS = "davidpiscasio/unpaired-img2img"


def _author_model(name: str, title: str, domains: tuple[str, str], size: int = 0) -> Entry:
    file = f"checkpoints/{name}_pretrained/latest_net_G.pth"
    verdict = "Not tried here: a generator as large as the paper's, 32 times the shipped light one; about 1 s a photo on a CPU."
    source = OnHub(_AUTHORS, file, "space", "3ce13dc", size)
    data = "horse2zebra" if "horse" in domains else "apple2orange" if "apple" in domains else "photos and paintings"
    return Entry(name, title, "cyclegan", data, source, _NOT_STATED, "junyanz ResNet, 9 blocks", verdict, domains)


def _huggan(repo: str, title: str, family: str, data: str, layout: str, size: int, verdict: str, name: str = "") -> Entry:
    name = name or repo.rpartition("/")[2]
    return Entry(name, title, family, data, OnHub(repo, "pytorch_model.bin", size=size), _NOT_STATED, layout, verdict)


_UNET, _UNTRIED = (
    "HugGAN U-Net, 256 pixels",
    "Not tried here: 54 million parameters, so a long download and some seconds to load.",
)
_RESNET = 45_500_000

HUB: tuple[Entry, ...] = (
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
        "DCGAN, 64 pixels",
        14_300_000,
        "Not tried here: digits without labels, four times the pixels of MNIST.",
    ),
    _huggan("huggan/pix2pix-edge2shoes", "Pix2Pix: edges into shoes", "pix2pix", "edges2shoes", _UNET, 218_000_000, _UNTRIED),
    _huggan("huggan/pix2pix-maps", "Pix2Pix: aerial photos and maps", "pix2pix", "maps", _UNET, 218_000_000, _UNTRIED),
    _huggan("huggan/pix2pix-night2day", "Pix2Pix: night into day", "pix2pix", "night2day", _UNET, 218_000_000, _UNTRIED),
    _huggan(
        "huggan/pix2pix-facades-demo",
        "Pix2Pix: facades, hardly trained",
        "pix2pix",
        "facades",
        _UNET,
        218_000_000,
        "Poor, as its page says: 4 epochs. The shipped facades-light had 50.",
    ),
    _huggan(
        "huggingnft/cryptopunks__2__bored-apes-yacht-club",
        "CycleGAN: punks into apes",
        "cyclegan",
        "NFT pictures",
        "HugGAN ResNet, 9 blocks",
        _RESNET,
        "Not tried here: one of many such pairs; others are huggingnft/<one>__2__<other>.",
        "punks2apes",
    ),
    Entry(
        "tmabraham-horse2zebra",
        "CycleGAN by UPIT: horses and zebras, both ways",
        "cyclegan",
        "horse2zebra",
        OnHub("tmabraham/horse2zebra_cyclegan", size=113_000_000),
        _NOT_STATED,
        "UPIT, all four networks",
        "Not tried here: both directions and both discriminators in one file.",
    ),
    Entry(
        "waleko-cyclegan",
        "CycleGAN by UPIT",
        "cyclegan",
        "not stated",
        OnHub("waleko/cyclegan", size=113_000_000),
        _NOT_STATED,
        "UPIT, all four networks",
        "Not tried here: what it translates, its page has to say.",
    ),
)
