"""Tensors in a safetensors file, with a checksum in its header: the format itself does not notice a flipped bit."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ganlab.core.names import utf8_path

if TYPE_CHECKING:
    from torch import Tensor

_CHECKSUM = "crc32"


def write(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write the tensors and their checksum. SafetensorError (it hides the OSError) when that cannot be done."""
    from safetensors.torch import save_file  # noqa: PLC0415  (brings PyTorch)

    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with utf8_path(path) as place:
        save_file(kept, place, metadata={"format": "pt", _CHECKSUM: _checksum(kept)})


def read(path: Path) -> dict[str, Tensor]:
    """The tensors, floating ones as 32 bits; safetensors holds no code. FileNotFoundError where there is no file; ValueError
    when it is damaged. Files of other programs have no checksum and are believed."""
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415  (brings PyTorch)

    try:
        with utf8_path(path) as place, safe_open(place, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            wanted = (file.metadata() or {}).get(_CHECKSUM)
    except SafetensorError as error:
        raise ValueError(f"{path.name} in {path.parent.name} is damaged: {error}.") from None
    if wanted is not None and wanted != _checksum(tensors):
        raise ValueError(f"{path.name} in {path.parent.name} is damaged: its checksum has changed since it was written.")
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def _checksum(tensors: Mapping[str, Tensor]) -> str:
    """CRC-32 of the tensors' bytes in the order of their names."""
    import torch  # noqa: PLC0415  (slow to import)

    value = 0
    for name in sorted(tensors):
        value = zlib.crc32(tensors[name].reshape(-1).view(torch.uint8).numpy().data, value)
    return f"{value:08x}"
