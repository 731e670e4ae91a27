"""The Hugging Face Hub: models out of it into the standard cache. A file is only ever read as tensors.

A repository of ours is a checkpoint: `config.json` and `model.safetensors` (see ganlab/runtime/checkpoint.py), which is also the
layout that huggingface_hub's PyTorchModelHubMixin reads; `ganlab.Generators` is the class for it. Of other
repositories, the one file that can hold a generator is fetched, and ganlab/models/adapters says whose network it is.
"""

from __future__ import annotations

from ganlab.data.hub.address import Address, HubError, means_the_hub, parse
from ganlab.data.hub.cache import answers, offline
from ganlab.data.hub.download import Downloading
from ganlab.data.hub.errors import Unreachable
from ganlab.models.hub.cache import cached, thumbnail
from ganlab.models.hub.pull_model import pull, pulling

__all__ = [
    "Address",
    "Downloading",
    "HubError",
    "Unreachable",
    "answers",
    "cached",
    "means_the_hub",
    "offline",
    "parse",
    "pull",
    "pulling",
    "thumbnail",
]
