"""`folder` and `celeba`: whatever people put into folders and zips."""

import io
import os
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganlab.core.errors import DataError
from ganlab.core.images import png
from ganlab.core.names import shown
from ganlab.core.remarks import Remark
from ganlab.core.types import Conditioning
from ganlab.data import cache, data_root, load
from ganlab.data.batches import Batches
from ganlab.data.files import collect as image_files
from tests.support.folders import Place, fill, picture, placed, raw_fill, raw_zip, zipped
from tests.support.loading import drain, loaded, remarks

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


def class_folders(prefix: str = "") -> dict[str, bytes]:
    return {f"{prefix}{name}/{i}.png": picture(colour) for name, colour in COLOURS.items() for i in range(2)}


@pytest.fixture(params=["folder", "zip"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Files by name -> a folder or a zip that holds them."""
    return placed(request.param, tmp_path)


@pytest.mark.parametrize("prefix", ["", "around/", "train/", "around/training/", "Train/inner/"])
def test_class_folders_become_labels(place: Place, prefix: str) -> None:
    files = class_folders(prefix) | ({"around/val/red/9.png": picture(7)} if prefix == "around/training/" else {})
    data = loaded("folder", data_path=place(files), image_size=8, conditioning=Conditioning.LABEL)
    assert data.label_names == ("blue", "green", "red")
    assert data.labels is not None
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]
    for image, label in zip(data.images, data.labels, strict=True):
        assert tuple(image[:, 4, 4].tolist()) == COLOURS[data.label_names[label]]


@pytest.mark.parametrize("kind", ["folder", "zip"])
@pytest.mark.parametrize(
    ("names", "page"),
    [(("강아지", "고양이"), "cp949"), (("桜", "表面"), "cp932"), (("狗", "玫瑰"), "gbk"), (("Größe", "tür"), "cp437")],
)
def test_labels_of_other_code_pages_are_read(kind: str, names: tuple[str, ...], page: str, tmp_path: Path) -> None:
    files = {f"{name}/{i}.png".encode(page): picture(40 * i) for name in names for i in range(2)}
    path = raw_fill(tmp_path / "사진".encode("cp949").decode("utf-8", "surrogateescape"), files)
    path = path if kind == "folder" else raw_zip(tmp_path / "pictures.zip", files)
    data = loaded("folder", data_path=str(path), image_size=8, conditioning=Conditioning.LABEL)
    assert data.label_names == tuple(sorted(names))
    assert loaded("folder", data_path=shown(str(path)), image_size=8).images.shape[0] == 4


def test_a_zip_s_names_in_utf8_without_the_flag_or_beside_the_name(tmp_path: Path) -> None:
    apart = {unicodedata.normalize("NFD", f"{name}/1.png").encode(): picture(9) for name in ("강아지", "고양이")}
    path = raw_zip(tmp_path / "mac.zip", apart)
    assert loaded("folder", data_path=str(path), conditioning=Conditioning.LABEL).label_names == ("강아지", "고양이")
    with zipfile.ZipFile(tmp_path / "info-zip.zip", "w") as archive:
        for number, name in enumerate(("강아지/1.png", "고양이/1.png")):
            member = zipfile.ZipInfo(f"x{number}/1.png")
            member.extra = (
                struct.pack("<HHBI", 0x7075, 5 + len(name.encode()), 1, zlib.crc32(member.filename.encode())) + name.encode()
            )
            archive.writestr(member, picture(9))
    path = tmp_path / "info-zip.zip"
    assert loaded("folder", data_path=str(path), conditioning=Conditioning.LABEL).label_names == ("강아지", "고양이")


def test_a_zip_whose_names_are_not_what_it_claims_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = raw_zip(tmp_path / "wrong.zip", {b"\xbb\xe7/1.png": picture(9)}, utf8=True)
    with pytest.raises(DataError, match="neither a folder nor a zip that can be read"):
        loaded("folder", data_path=str(path))


def test_flat_files_have_no_labels(place: Place) -> None:
    path = place({f"{i}.png": picture(i) for i in range(3)})
    data = loaded("folder", data_path=path, image_size=8)
    assert data.images.shape == (3, 1, 8, 8)
    assert (data.labels, data.label_names) == (None, ())
    with pytest.raises(DataError, match="has no labels"):
        loaded("folder", data_path=path, image_size=8, conditioning=Conditioning.LABEL)


def test_stray_files_beside_class_folders_count_only_without_labels(place: Place) -> None:
    path = place(class_folders() | {"cover.png": picture(9)})
    everything = loaded("folder", data_path=path)
    assert len(everything.images) == 7
    assert everything.labels is None
    labelled = loaded("folder", data_path=path, conditioning=Conditioning.LABEL)
    assert len(labelled.images) == 6


def test_parts_are_told_apart(place: Place) -> None:
    path = place(class_folders("train/") | {"test/red/0.png": picture(1), "test/blue/0.png": picture(2)})
    assert len(loaded("folder", data_path=path).images) == 6
    assert len(loaded("folder", data_path=path, split="test").images) == 2


def test_a_class_called_train_is_no_part(place: Place) -> None:
    data = loaded("folder", data_path=place({"train/0.png": picture(1), "car/0.png": picture(2)}))
    assert data.label_names == ("car", "train")


@pytest.mark.parametrize("files", [class_folders(), class_folders("train/")])
def test_a_missing_test_part_is_told(place: Place, files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match="test"):
        loaded("folder", data_path=place(files), split="test")


def test_formats_are_judged_by_content_and_the_rest_is_left_alone(place: Place) -> None:
    files = {
        "a.jpg": picture(1, kind="PNG"),
        "b": picture(2, kind="WEBP"),
        "c.dat": picture(3, kind="GIF"),
        "notes.txt": b"not a picture",
        ".hidden.png": picture(4),
        ".thumbs/d.png": picture(5),
        "__MACOSX/._a.jpg": picture(6),
        "data.csv": b"",
    }
    data = loaded("folder", data_path=place(files), image_size=8)
    assert sorted(data.images[:, 0, 0, 0].tolist()) == [1, 2, 3]
    assert data.remarks == (Remark("hidden", 2, (".hidden.png", ".thumbs/d.png"), total=5),)


def test_broken_files_are_skipped_and_counted(place: Place) -> None:
    good = picture((9, 9, 9), size=(64, 64), kind="JPEG")
    files = {"0.jpg": good, "1.jpg": good[: len(good) // 2], "2.png": b"", "3.png": b"junk", "4.png": picture(1)[:50]}
    path = place(files)
    for _ in ("decoded", "recalled"):
        data, events = drain(load("folder", data_path=path, image_size=8))
        assert len(data.images) == 1
        (remark,) = events[-1].remarks
        assert (remark.kind, remark.count, remark.total) == ("damaged", 4, 5)
        assert remark.names == ("1.jpg", "2.png", "3.png")
        assert remark.detail


def test_nothing_usable_is_an_error(place: Place, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="None of the 2 files in pictures"):
        loaded("folder", data_path=place({"a.png": b"x", "b.jpg": b"y"}))
    with pytest.raises(DataError, match="holds no images"):
        loaded("folder", data_path=str(fill(tmp_path / "other", {"readme.md": b"#"})))
    assert not list((data_root() / ".cache").glob("*"))


@pytest.mark.parametrize(
    ("path", "message"), [("", "data_path is empty"), ("nowhere", "does not exist"), ("text.zip", "neither a folder nor a zip")]
)
def test_a_path_that_leads_nowhere_is_told(path: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.zip").write_text("hello")
    with pytest.raises(DataError, match=message):
        loaded("folder", data_path=path)


@pytest.mark.parametrize("path", ["pictures", "~/pictures", " pictures/ "])
def test_paths_may_be_relative_or_at_home(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "pictures", {"0.png": picture(1)})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert len(loaded("folder", data_path=path).images) == 1


def test_channels_are_the_files_own_unless_told(tmp_path: Path) -> None:
    grey = str(fill(tmp_path / "grey", {"0.png": picture(128), "1.png": b"broken"}))
    mixed = str(fill(tmp_path / "mixed", {"0.png": picture(128), "1.png": picture((255, 0, 0))}))
    assert loaded("folder", data_path=grey).images.shape[1] == 1
    assert loaded("folder", data_path=grey, channels=3).images[0, :, 0, 0].tolist() == [128] * 3
    assert loaded("folder", data_path=mixed).images.shape[1] == 3
    assert loaded("folder", data_path=mixed, channels=1).images[1, 0, 0, 0] == 76  # red's luma


def test_pictures_are_cropped_square_not_squeezed(tmp_path: Path) -> None:
    wide = Image.new("RGB", (60, 20), "black")
    wide.paste("white", (20, 0, 40, 20))
    path = str(fill(tmp_path / "p", {"wide.png": png(wide)}))
    assert loaded("folder", data_path=path, image_size=10).images.min() == 255


def test_zip_names_never_become_paths(tmp_path: Path) -> None:
    target = tmp_path / "inside" / "evil.zip"
    target.parent.mkdir()
    names = ["../out.png", "/abs.png", "..\\back.png", "a/../../up.png", "C:\\dos.png", "ok/1.png"]
    zipped(target, {name: picture(i) for i, name in enumerate(names)})
    before = sorted(tmp_path.rglob("*"))
    data = loaded("folder", data_path=str(target), image_size=8)
    assert sorted(path for path in tmp_path.rglob("*") if path.suffix == ".png") == []
    assert before == sorted(tmp_path.rglob("*"))
    assert set(data.images[:, 0, 0, 0].tolist()) == {1, 4, 5}  # the names with '..' are left out, the others are only names


def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            archive.writestr(f"{i}.png", bytes(2**20))
    data = bytearray(path.read_bytes())
    for start in find_all(data, b"PK\x01\x02"):  # each claims 1 GB
        struct.pack_into("<I", data, start + 24, 2**30)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"would unpack to 3\.2 GB"):
        loaded("folder", data_path=str(path))
    monkeypatch.setattr(image_files, "MAX_INFLATION", 10**9)
    with pytest.raises(DataError, match="more than 256 MB"):
        loaded("folder", data_path=str(path))


def find_all(data: bytes | bytearray, mark: bytes) -> list[int]:
    found, start = [], data.find(mark)
    while start >= 0:
        found.append(start)
        start = data.find(mark, start + 1)
    return found


def test_a_member_that_lies_about_its_size_is_skipped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "liar.zip", {"0.png": picture(1), "1.png": bytes(50 * 2**20)})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, find_all(data, b"PK\x01\x02")[1] + 24, 100)  # not 50 MB but 100 bytes
    path.write_bytes(data)
    assert len(loaded("folder", data_path=str(path)).images) == 1


def test_a_picture_bomb_is_skipped(place: Place) -> None:
    from tests.core.test_images import bomb

    data = loaded("folder", data_path=place({"0.png": picture(1), "1.png": bomb(30_000, 30_000)}), image_size=8)
    assert len(data.images) == 1
    assert data.remarks == (Remark("too_many_pixels", 1, ("1.png",), values=(2**26,), total=2),)


def test_damaged_and_encrypted_members_are_skipped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bad.zip", {f"{i}.png": picture(i) for i in range(4)}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    locals_, centrals = find_all(data, b"PK\x03\x04"), find_all(data, b"PK\x01\x02")
    data[locals_[1] + 60] ^= 0xFF  # wrong checksum
    for start, flags in ((locals_[2], 6), (centrals[2], 8)):
        struct.pack_into("<H", data, start + flags, 1)  # encrypted
    for start, method in ((locals_[3], 8), (centrals[3], 10)):
        struct.pack_into("<H", data, start + method, 99)  # unknown compression
    path.write_bytes(data)
    assert loaded("folder", data_path=str(path), image_size=8).images.unique().tolist() == [0]


def test_links_pipes_and_loops_do_no_harm(tmp_path: Path) -> None:
    folder = fill(tmp_path / "p", {"0.png": picture(1)})
    os.mkfifo(folder / "pipe.png")
    (folder / "gone.png").symlink_to("nothing")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    data = loaded("folder", data_path=str(folder))
    assert len(data.images) == 1
    assert {kind: remark.names for kind, remark in remarks(data).items()} == {
        "dangling": ("gone.png",),
        "loop": ("loop",),
        "unreadable": ("pipe.png",),
    }


def test_the_second_start_reads_what_the_first_decoded(place: Place) -> None:
    path = place(class_folders())
    first, events = drain(load("folder", data_path=path, image_size=8, conditioning=Conditioning.LABEL))
    assert any(message.phase == "decoding" for message in events)
    second, events = drain(load("folder", data_path=path, image_size=8, conditioning=Conditioning.LABEL))
    assert not any(message.phase == "decoding" for message in events)
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.labels, second.labels)
    assert first.label_names == second.label_names
    batch = next(Batches(second, Conditioning.LABEL, 4, 0, "cpu"))
    assert batch.real.shape == (4, 3, 8, 8)


def test_a_change_is_seen(tmp_path: Path) -> None:
    folder = fill(tmp_path / "p", {"0.png": picture(1)})

    def levels(**wanted: int) -> list[int]:
        return loaded("folder", data_path=str(folder), **wanted).images[:, 0, 0, 0].tolist()

    assert levels() == [1]
    fill(folder, {"1.png": picture(2)})
    assert levels() == [1, 2]
    fill(folder, {"1.png": picture(3)})
    os.utime(folder / "1.png", (1, 1))
    assert levels() == [1, 3]
    (folder / "0.png").unlink()
    assert levels() == [3]
    assert loaded("folder", data_path=str(folder), image_size=16).images.shape[-1] == 16


def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(fill(tmp_path / "p", class_folders()))
    (tmp_path / "file").write_text("no folder can be made below a file")
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "file" / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert len(loaded("folder", data_path=path).images) == 6


def test_a_read_only_data_folder_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path / "data", {"pictures/0.png": picture(1)})
    folder.chmod(0o555)
    monkeypatch.setenv("GANLAB_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    loaded("folder", data_path=str(folder / "pictures"))
    assert [path.name for path in folder.iterdir()] == ["pictures"]
    assert len(list((tmp_path / "cache" / "ganlab").iterdir())) == 1
    folder.chmod(0o755)


def test_a_big_set_is_decoded_into_a_mapped_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(class_folders() | {"red/broken.png": b"x"})
    small = loaded("folder", data_path=path, image_size=8, channels=1)
    monkeypatch.setattr(cache, "RESIDENT_BYTES", 100)
    for _ in range(2):
        big = loaded("folder", data_path=path, image_size=8)
        assert len(big.images) == 6
        assert big.label_names == small.label_names
    assert not list((data_root() / ".cache").glob("*.partial"))


def test_stopping_while_decoding_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(fill(tmp_path / "p", class_folders()))
    monkeypatch.setattr(cache, "RESIDENT_BYTES", 100)
    steps = load("folder", data_path=path, image_size=8)
    while next(steps).phase != "decoding":
        pass
    steps.close()
    assert not list((data_root() / ".cache").glob("*"))


def test_celeba_is_found_in_its_places_or_asked_for(own_directories: Path) -> None:
    with pytest.raises(DataError, match=r"^celeba is not on this machine: fetch it into .*celeba \(img_align_celeba.zip\)"):
        loaded("celeba")
    face = picture((9, 80, 9), size=(178, 218), kind="JPEG")
    archive = data_root() / "celeba" / "img_align_celeba.zip"
    archive.parent.mkdir(parents=True)
    zipped(archive, {"img_align_celeba/000001.jpg": face, "img_align_celeba/000002.jpg": face})
    assert loaded("celeba", image_size=64).images.shape == (2, 3, 64, 64)
    fill(data_root() / "celeba" / "img_align_celeba", {"000001.jpg": face})
    assert len(loaded("celeba", image_size=64).images) == 1


@pytest.mark.parametrize(("size", "channels"), [(28, 1), (32, 3)])
def test_a_real_zip_of_clothes(real_data_folder: Path, size: int, channels: int) -> None:
    path = str(real_data_folder / "fashion-900.zip")
    data = loaded("folder", data_path=path, image_size=size, channels=channels, conditioning=Conditioning.LABEL)
    assert data.images.shape == (900, channels, size, size)
    assert data.labels is not None
    assert data.labels.bincount().tolist() == [90] * 10
    assert data.label_names[:2] == ("0_tshirt", "1_trouser")


def test_the_test_part_of_a_real_zip(real_data_folder: Path) -> None:
    path = str(real_data_folder / "cifar10-jpg-30k.zip")
    data = loaded("folder", data_path=path, image_size=32, split="test", conditioning=Conditioning.LABEL, limit=500)
    assert data.images.shape == (500, 3, 32, 32)
    assert data.label_names[3] == "cat"
    with zipfile.ZipFile(path) as archive:
        first = sorted(name for name in archive.namelist() if name.startswith("test/airplane/"))[0]
        pixels = np.asarray(Image.open(io.BytesIO(archive.read(first))))
    assert np.array_equal(data.images[0].permute(1, 2, 0).numpy(), pixels)


def test_real_photos_of_every_kind(real_data_folder: Path) -> None:
    data = loaded("folder", data_path=str(real_data_folder / "photos"), image_size=64)
    assert data.images.shape == (67, 3, 64, 64)
    assert not data.remarks
    assert (data.images.flatten(1).float().std(1) > 10).all()


def test_real_faces(real_data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data_root().mkdir()
    (data_root() / "celeba-sample").symlink_to(real_data_folder / "celeba-sample")
    data = loaded("celeba", image_size=64)
    assert data.images.shape == (32, 3, 64, 64)
    centre, border = data.images[:, 0, 24:40, 24:40].float().mean(), data.images[:, 0, :8].float().mean()
    assert centre > border  # the faces are in the middle
