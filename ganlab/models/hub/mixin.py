"""Our checkpoints as huggingface_hub's PyTorchModelHubMixin reads and writes them; imports torch and huggingface_hub."""

from __future__ import annotations

from typing import Any

from huggingface_hub import PyTorchModelHubMixin
from torch import nn

from ganlab.core.plugins import are_origins
from ganlab.core.types import DataSpec
from ganlab.runtime.checkpoint import FORMAT
from ganlab.training.families import FAMILIES, load_config


class Generators(nn.ModuleDict, PyTorchModelHubMixin, library_name="ganlab", tags=["gan"]):
    """The generators of a checkpoint by name ("G", or "G_AB" and "G_BA"), as plain modules.

    `Generators.from_pretrained("org/name")` reads config.json, hands its entries to `__init__`, and loads model.safetensors;
    `save_pretrained` and `push_to_hub` write the same two files, which Pipeline.load reads. The weights are in whatever
    precision the file has turned to 32 bits; the module is in evaluation mode. ValueError when the config fits no family.
    """

    def __init__(self, config: dict[str, Any], spec: dict[str, Any], **about: Any) -> None:
        packages: object = about.get("packages")
        checked = load_config(config, packages if are_origins(packages) else {})
        networks = FAMILIES[checked.family].build_networks(checked, DataSpec.from_dict(spec))
        super().__init__({name: network for name, network in networks.items() if name.startswith("G")})
        defaults = {"format": FORMAT, "labels": [], "step": 0, "recipe": ""}
        self._hub_mixin_config = defaults | about | {"config": dict(config), "spec": dict(spec)}

    def forward(self, *inputs: Any) -> Any:
        """What the first generator makes: of z (B, z_dim) and perhaps labels, or of an image."""
        return next(iter(self.values()))(*inputs)
