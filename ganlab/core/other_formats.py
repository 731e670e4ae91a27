"""What a file is that holds no weights of PyTorch, by its first bytes and its suffix, as a clause for a sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

HEAD = 512  # bytes that tell
_UNPACK = ": unpack it and load the file of weights in it"
_KERAS = "a Keras or TensorFlow model"
_EXPORTED = ": load the file of weights that it was exported from"
_MAGIC = (
    (b"\x89HDF", _KERAS),
    (b"\x1f\x8b", f"a gzip archive{_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive{_UNPACK}"),
    (b"Rar!\x1a\x07", f"a RAR archive{_UNPACK}"),
    (b"BZh", f"a bzip2 archive{_UNPACK}"),
    (b"\xfd7zXZ", f"an xz archive{_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"a zstd archive{_UNPACK}"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"GGUF", "a GGUF language model"),
    (b"\x93NUMPY", "one NumPy array without a name: save a dictionary of arrays by name with numpy.savez"),
)
_SUFFIXES = {
    ".onnx": f"an ONNX model{_EXPORTED}",
    ".h5": _KERAS,
    ".keras": _KERAS,
    ".pb": _KERAS,
    ".tflite": f"a TensorFlow Lite model{_EXPORTED}",
    ".meta": "part of a TensorFlow checkpoint",
    ".index": "part of a TensorFlow checkpoint",
    ".msgpack": "a Flax checkpoint",
    ".mlmodel": f"a Core ML model{_EXPORTED}",
}
_PAGE = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|\?xml)", re.IGNORECASE)
_ONNX = re.compile(rb"\A\x08[\x03-\x20]\x12.(?:pytorch|onnx|tf2onnx|skl2onnx|keras2onnx)", re.DOTALL)
_SHARD = re.compile(r"\.data-\d{5}-of-\d{5}\Z")
_WEIGHTS = (".pth", ".pt", ".ckpt", ".safetensors", ".bin", ".pkl", ".tar")


def other_format(head: bytes, name: str) -> str:
    """ "an ONNX model: …" for what is certainly no file of weights; "" where it may be one. `head` is its first HEAD bytes."""
    if _PAGE.match(head):
        return "a web page: the download got a page in place of the file"
    if _ONNX.match(head):
        return _SUFFIXES[".onnx"]
    if head[4:8] == b"TFL3":
        return _SUFFIXES[".tflite"]
    if head[8:12] == b"WEBP" or head[4:12] in (b"ftypavif", b"ftypheic"):
        return "a picture"
    if head[257:262] == b"ustar":
        return f"a tar archive{_UNPACK}"
    if head.startswith(b"model_checkpoint_path") or _SHARD.search(name):
        return "part of a TensorFlow checkpoint"
    return next((what for start, what in _MAGIC if head.startswith(start)), "")


def by_suffix(name: str) -> str:
    """The same for what could not be read, by the end of its name."""
    return next((what for suffix, what in _SUFFIXES.items() if name.lower().endswith(suffix)), "")


def text_format(head: bytes) -> str:
    """ "a JSON file", "a text file"; "" for what is no text. For what could not be read as weights: these can be text, too."""
    text = head.decode("utf-8", "ignore")
    if len(text) < 0.9 * len(head) or not all(char.isprintable() or char.isspace() for char in text):
        return ""
    start = text.lstrip()
    if start.startswith("{") or (start.startswith("[") and _is_json(start)):
        return "a JSON file"
    return "a text file"


def _is_json(start: str) -> bool:
    """Whether the first value of a list is JSON: "[section]" begins an INI file."""
    try:
        json.JSONDecoder().raw_decode(start[1:].lstrip())
    except ValueError:
        return start[1:].lstrip().startswith(("[", "{"))
    return True


def archive_format(names: Sequence[str]) -> str:
    """What a zip archive with these entries is, where it is none that torch.save wrote."""
    if any(name.endswith((".h5", "saved_model.pb")) for name in names):
        return _KERAS
    if any(name.endswith("constants.pkl") for name in names):
        return "a TorchScript program: save its state_dict() and load that"
    if any(name.endswith((".mlpackage", "model.mlmodel")) for name in names):
        return _SUFFIXES[".mlmodel"]
    if any(name.endswith("archive_format") or "serialized_exported_program" in name for name in names):
        return "an exported PyTorch program: save its state_dict() and load that"
    if any(name.endswith((*_WEIGHTS, ".zip")) for name in names):
        return f"a zip archive of other files{_UNPACK}"
    return "a zip archive without weights in it"
