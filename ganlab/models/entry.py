"""A model that can be chosen, wherever it is: trained here, shipped, or on the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganlab.core.types import Conditioning
from ganlab.data.hub.address import Address
from ganlab.models import hub
from ganlab.runtime import checkpoint
from ganlab.runtime.run import Run

Origin = Literal["run", "shipped", "hub"]
State = Literal["shipped", "trained", "cached", "downloadable", "offline"]
NOT_STATED = "not stated"
_STATES: dict[Origin, State] = {"run": "trained", "shipped": "shipped"}


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be chosen. `name` is what Pipeline.load takes; `summary` is one honest sentence on how good it is.

    `path` is a checkpoint folder or a file of foreign weights, None where it was not downloaded; `address`, `sha256` and
    `download_size` in bytes (0: unknown) are those of a model on the Hub. `family` and `data` are names as in FAMILIES and
    DATASETS where those fit, "" where unknown (config.json is damaged, or only an address was given); `layout` names the
    format of the weights; `domains` are what an image-to-image model leads from and to.
    """

    name: str
    title: str
    origin: Origin
    path: Path | None = None
    family: str = ""
    data: str = ""
    data_path: str = ""
    conditioning: Conditioning = Conditioning.NONE
    domains: tuple[str, ...] = ()
    licence: str = NOT_STATED
    layout: str = ""
    summary: str = ""
    address: Address | None = None
    sha256: str = ""
    download_size: int = 0

    @property
    def folder(self) -> Path:
        """`path` of a model that is on this machine."""
        assert self.path is not None, f"{self.name} is not on this machine"
        return self.path

    @property
    def translates(self) -> bool:
        """Whether it turns images into images rather than z."""
        return self.conditioning.between_images

    @property
    def conditional(self) -> bool:
        """Whether it draws the class that is asked for."""
        return self.conditioning is Conditioning.LABEL

    @property
    def size(self) -> int:
        """In bytes, of the weights; 0 where unknown."""
        if self.origin == "hub":
            return self.download_size
        files = (self.folder / name for name in (checkpoint.MODEL, checkpoint.DISCRIMINATORS))
        return sum(file.stat().st_size for file in files if file.is_file())

    @property
    def state(self) -> State:
        """Where the model is now. Looks at the disk alone.

        Offline means that HF_HUB_OFFLINE is set, or huggingface-hub is missing.
        """
        if self.origin != "hub":
            return _STATES[self.origin]
        try:
            if self.address and hub.cached(self.address):
                return "cached"
            return "offline" if hub.offline() else "downloadable"
        except hub.HubError:
            return "offline"

    @property
    def picture(self) -> Path | None:
        """A picture of what it makes, if there is one here: a sheet of samples, or the thumbnail of a downloaded model."""
        if self.origin == "run":
            run = Run.open(self.name)
            steps = run.samples()
            return run.sample_path(steps[-1]) if steps else None
        place = self.path or self.cached()
        if place is None:
            return None
        path = hub.thumbnail(place) if self.origin == "hub" else place / "samples.png"
        return path if path.is_file() else None

    def cached(self) -> Path | None:
        """Where a model of the Hub lies in the cache; None where it does not."""
        try:
            return hub.cached(self.address) if self.address else None
        except hub.HubError:
            return None
