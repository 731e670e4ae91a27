"""Nothing that looks like a picture is left out without a word: endings, contents and containers of every kind."""

import io
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ganlab.core.errors import DataError
from ganlab.core.image_formats import FORMATS
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning
from ganlab.data import data_root
from ganlab.data.files.collect import fingerprint, image_files
from tests.core.test_image_formats import HEADS
from tests.support.folders import fill, picture, zipped
from tests.support.loading import loaded, remarks

CONTAINERS = ("folder", "zip", "nested", "linked folder", "linked files")
PICTURES = {kind: picture((9, 9, 9), size=(16, 16), kind=kind) for kind in FORMATS}
JUNK = b"not a picture at all"
_BY_ENDING = {".png": "damaged", ".JPG": "damaged", ".heic": "format", ".7z": "archive"}
CONTENTS = {  # what a file holds, and which endings make it which kind of remark ("" is used, None is not counted)
    **{f"a {kind}": (data, lambda ending: "") for kind, data in PICTURES.items()},
    **{f"a {kind} file": (head.ljust(40, b"\0"), lambda ending: "format") for kind, head in HEADS.items()},
    "junk": (JUNK, _BY_ENDING.get),
    "nothing": (b"", _BY_ENDING.get),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", lambda ending: "pointer" if ending in _BY_ENDING else None),
}
ENDINGS = (".png", ".JPG", ".heic", ".7z", ".txt", "")


def container(kind: str, home: Path, files: dict[str, bytes]) -> Path:
    """The same files in a folder, a zip, folders in folders, or behind links."""
    place = home / "pictures"
    place.mkdir(parents=True)
    match kind:
        case "zip":
            return zipped(home / "pictures.zip", files)
        case "nested":
            return fill(place, {f"a/{'b/' * (i % 3)}{name}": data for i, (name, data) in enumerate(files.items())})
        case "linked folder":
            (place / "link").symlink_to(fill(home / "elsewhere", files), target_is_directory=True)
        case "linked files":
            fill(home / "elsewhere", files)
            for name in files:
                (place / name).symlink_to(home / "elsewhere" / name)
        case _:
            fill(place, files)
    return place


@pytest.mark.parametrize("kind", CONTAINERS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(CONTENTS)), st.sampled_from(ENDINGS)), max_size=12))
def test_every_picture_is_used_or_counted(
    kind: str, tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, str]]
) -> None:
    files = {f"{i}{ending}": CONTENTS[content][0] for i, (content, ending) in enumerate(made)} | {"good.png": PICTURES["PNG"]}
    wanted = Counter(CONTENTS[content][1](ending) for content, ending in made)
    data = loaded("folder", data_path=str(container(kind, tmp_path_factory.mktemp("c"), files)), image_size=8)
    assert len(data.images) == wanted.pop("", 0) + 1
    wanted.pop(None, None)
    counted: Counter[str] = Counter()
    for remark in data.remarks:
        counted[remark.kind] += remark.count
        assert remark.total == len(data.images) + sum(wanted.values())
        assert 0 < len(remark.names) <= remark.count
    assert counted == wanted


@pytest.mark.parametrize("kind", CONTAINERS)
def test_hidden_files_and_the_shadows_of_macos(kind: str, tmp_path: Path) -> None:
    if kind == "linked files":
        pytest.skip("a name in a folder needs its folder linked")
    files = {"a.png": PICTURES["PNG"], ".b.png": JUNK, ".c/d.jpg": JUNK, ".DS_Store": JUNK, ".git/e.png": JUNK}
    shadows = {"__MACOSX/a.png": JUNK, "__MACOSX/._a.png": JUNK, "._a.png": b"\0\5\x16\7"}
    found = remarks(loaded("folder", data_path=str(container(kind, tmp_path, files | shadows)), image_size=8))
    assert set(found) == {"hidden"}
    assert found["hidden"].count == (3 if kind == "zip" else 2)


def test_linked_class_folders_are_classes_and_no_link_goes_round(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        fill(tmp_path / "elsewhere" / name, {f"{i}.png": picture(i) for i in range(3)})
    place = fill(tmp_path / "set", {"bird/0.png": picture(7)})
    (place / "cat").symlink_to(tmp_path / "elsewhere" / "cats")
    (place / "dog").symlink_to("../elsewhere/dogs")
    for name, target in {
        "here": ".",
        "up": "..",
        "bird/back": "..",
        "self": "self",
        "gone": "nowhere",
        "cat.png": "nothing",
    }.items():
        (place / name).symlink_to(target)
    (tmp_path / "elsewhere" / "cats" / "set").symlink_to(place)
    data = loaded("folder", data_path=str(place), image_size=8, conditioning=Conditioning.LABEL)
    assert data.label_names == ("bird", "cat", "dog")
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1, 1, 1, 2, 2, 2]
    found = remarks(data)
    assert found["loop"].count == 4
    assert found["dangling"].names == ("cat.png", "gone", "self")
    fill(tmp_path / "elsewhere" / "dogs", {"new.png": picture(9)})
    assert len(loaded("folder", data_path=str(place), image_size=8).images) == 8  # what is behind a link is looked at again


def test_what_is_kept_inside_of_the_folder_of_data_does_not_make_it_another() -> None:
    fill(data_root(), {"0.png": picture(1), ".hidden.png": picture(2)})
    before = fingerprint(data_root())
    assert remarks(loaded("folder", data_path=str(data_root()), image_size=8))["hidden"].count == 1
    assert (data_root() / ".cache").is_dir()
    assert fingerprint(data_root()) == before


def test_a_link_in_a_zip_leads_nowhere(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"0.png": picture(1), "../1.png": picture(2)})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("cats")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/elsewhere/cats")
    found = remarks(loaded("folder", data_path=str(path), image_size=8))
    assert {kind: remark.names for kind, remark in found.items()} == {"dangling": ("cats",), "unsafe_name": ("../1.png",)}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_the_system_refuses_is_counted(tmp_path: Path) -> None:
    place = fill(tmp_path / "p", {"0.png": picture(1), "1.png": picture(2), "in/2.png": picture(3)})
    (place / "1.png").chmod(0)
    (place / "in").chmod(0)
    found = remarks(loaded("folder", data_path=str(place), image_size=8))
    (place / "in").chmod(0o755)
    assert found["unreadable"].names == ("1.png", "in")


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "AVIF"])
def test_of_several_pictures_in_a_file_the_first_is_used(tmp_path: Path, kind: str) -> None:
    pictures = [Image.new("RGB", (16, 16), (level,) * 3) for level in (0, 100, 200)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, kind, save_all=True, append_images=pictures[1:])
    data = loaded("folder", data_path=str(fill(tmp_path / "p", {"0.x": buffer.getvalue(), "1.x": PICTURES[kind]})), image_size=8)
    assert data.images[0].max() < 20
    assert data.remarks == (Remark("frames", 1, ("0.x",)),)


def test_where_nothing_can_be_used_the_error_says_what_there_is(tmp_path: Path) -> None:
    files = {f"{i}.heic": HEADS["HEIC"] for i in range(5)} | {"x.zip": b"", ".y.png": b""}
    with pytest.raises(DataError, match=r"holds no images \(JPEG.*\); not used: 1 hidden, 5 HEIC, 1 \.zip archive\."):
        loaded("folder", data_path=str(fill(tmp_path / "p", files)))


def test_a_class_without_a_usable_image_is_named(tmp_path: Path) -> None:
    files = {f"{c}/{i}.png": picture(i) for c in ("cat", "dog") for i in range(2)} | {"owl/0.heic": HEADS["HEIC"]}
    data = loaded("folder", data_path=str(fill(tmp_path / "p", files)), image_size=8, conditioning=Conditioning.LABEL)
    assert data.label_names == ("cat", "dog")
    assert remarks(data)["format"].names == ("owl/0.heic",)
    assert remarks(data)["lost_class"].names == ("owl",)


def test_names_of_any_kind_are_text(tmp_path: Path) -> None:
    with image_files(fill(tmp_path / "p", {"a\u202eb.heic": HEADS["HEIC"], "0.png": picture(1)})) as found:
        assert found.remarks[0].names == ("a\\u202eb.heic",)
