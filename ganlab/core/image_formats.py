"""What kind of picture a file holds, by its first bytes and by its ending."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from PIL import features

HEAD = 32  # bytes at the beginning of a file that tell its format
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", *(["AVIF"] if features.check("avif") else []))  # that are decoded
ENDINGS = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".png", ".apng"), "PNG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    **dict.fromkeys((".avif", ".avifs"), "AVIF"),
    **dict.fromkeys((".heic", ".heics"), "HEIC"),
    **dict.fromkeys((".heif", ".heifs", ".hif"), "HEIF"),
    **dict.fromkeys((".svg", ".svgz"), "SVG"),
    **dict.fromkeys((".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"), "JPEG 2000"),
    **dict.fromkeys((".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".pam"), "PNM"),
    **dict.fromkeys((".psd", ".psb"), "PSD"),
    **dict.fromkeys((".ico", ".cur", ".icns"), "ICO"),
    **dict.fromkeys((".eps", ".ai"), "EPS"),
    **dict.fromkeys((".fits", ".fit", ".fts"), "FITS"),
    **dict.fromkeys((".dcm", ".dicom"), "DICOM"),
    ".webp": "WEBP",
    ".gif": "GIF",
    ".jxl": "JPEG XL",
    ".jxr": "JPEG XR",
    ".exr": "OpenEXR",
    ".hdr": "HDR",
    ".tga": "TGA",
    ".dds": "DDS",
    ".qoi": "QOI",
    ".pcx": "PCX",
    ".xcf": "XCF",
}
RAW = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw"),
    *(".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
)
ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar", ".parquet", ".arrow", ".tfrec", ".tfrecord")
_KNOWN = frozenset((*ENDINGS, *RAW, *ARCHIVES))
PICTURES = frozenset((*ENDINGS, *RAW))  # endings of files that are pictures themselves
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_HEVC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xffO\xffQ", "JPEG 2000"),
    (b"8BPS", "PSD"),
    (b"v/1\x01", "OpenEXR"),
    (b"qoif", "QOI"),
    (b"<svg", "SVG"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
)


class Recognised(NamedTuple):
    """What a file is: a picture of `format`, decoded where `unused` is empty; else that is a kind of remark, the reason."""

    format: str
    unused: str = ""


def format_of(head: bytes) -> str:
    """Return the format that the first HEAD bytes of a file tell; empty where they are those of no picture."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:2] == b"BM" and (len(head) < 18 or int.from_bytes(head[14:18], "little") in _BMP_HEADERS):
        return "BMP"
    if head[4:8] == b"ftyp":
        return _of_brands((head[8:12], *(head[at : at + 4] for at in range(16, len(head), 4))))
    if head[8:10] == b"CR" and head[:4] == b"II*\0":
        return "camera raw"
    return next((name for magic, name in _MAGIC if head.startswith(magic)), "")


def _of_brands(brands: tuple[bytes, ...]) -> str:
    """The format of an ISO media file by its major brand and the compatible ones behind it."""
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    if any(brand in _HEVC for brand in brands):
        return "HEIC"
    if b"crx " in brands:
        return "camera raw"
    return "HEIF" if brands[0] in (b"mif1", b"msf1") else ""


def ending_of(name: str, endings: Container[str] = _KNOWN) -> str:
    """Return which of `endings` a name has, in any case; empty for none."""
    parts = name.lower().rsplit(".", 2)
    double, single = f".{'.'.join(parts[1:])}", f".{parts[-1]}"
    return "" if len(parts) == 1 else double if double in endings else single if single in endings else ""


def recognise(name: str, head: bytes | None) -> Recognised | None:
    """Return what a file is, its content before its ending; None for what is no picture. `head` None: it cannot be read."""
    ending = ending_of(name)
    if head is None:
        return Recognised(ENDINGS.get(ending, ""), "unreadable") if ending in PICTURES else None
    content = format_of(head)
    if head.startswith(b"version https://git-lfs"):
        return Recognised(ENDINGS.get(ending, ""), "pointer") if ending else None
    if ending in RAW and content in ("", "TIFF", "camera raw"):  # as TIFF they open as a small preview
        return Recognised("camera raw", "format")
    if content:
        return Recognised(content, "" if content in FORMATS else "format")
    if ending in ENDINGS:  # what is damaged shows when it is decoded
        return Recognised(ENDINGS[ending], "" if ENDINGS[ending] in FORMATS else "format")
    return Recognised(ending, "archive") if ending else None
