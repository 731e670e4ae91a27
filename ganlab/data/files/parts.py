"""Which images train and which test, by the names of the folders around them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ganlab.core.errors import DataError
from ganlab.core.remarks import Remark, few
from ganlab.data.files.collect import ImageFile, Unused

_TRAIN = ("train", "training", "trainset", "traindata")
_TEST = ("test", "testing", "testset", "testdata", "val", "valset", "validation", "eval", "evaluation")
_DOUBTFUL = ("valid", "dev", "devset", "holdout")  # which may as well be a class beside another: valid and invalid
_NEUTRAL = ("set", "data", "dataset", "images", "image", "imgs", "img", "split", "part", "seg", "folder")
_TOGETHER = re.compile(r"(train|test|val)(.+)", re.IGNORECASE)  # which its sibling has to bear out: trainhorse and testhorse
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


@dataclass(frozen=True)
class Role:
    """What a folder is for: its `part`, train or test, or "" for a folder of images of either; `rest` is its name without it.

    `outside`: it lies beside a folder for training and one for testing, and is neither.
    """

    part: str
    rest: str
    outside: bool = False


@dataclass
class Parts:
    """The images by part, with paths that begin at the class; `outside` are in no part, `set_aside` names the test folders."""

    files: dict[str, list[ImageFile]] = field(default_factory=dict)
    outside: list[ImageFile] = field(default_factory=list)
    set_aside: set[str] = field(default_factory=set)

    def chosen(self, split: str) -> list[ImageFile]:
        """Only the files of a part; DataError when it is absent."""
        if split in self.files:
            return self.files[split]
        if "train" in self.files:
            raise DataError(f"The images have no {split} part: put them into two folders called train and test.")
        raise DataError(f"There is no folder for the {split} part beside the one for the test part.")

    def unused(self) -> list[Unused]:
        """What lies outside of the folders of the parts."""
        return [Unused(file.parts, "outside") for file in self.outside]

    def remarks(self, split: str) -> list[Remark]:
        """What is set aside for testing, for those who train."""
        count = len(self.files.get("test", ()))
        return [replace(few("test_part", self.set_aside), count=count)] if split == "train" and count else []


def divided(files: list[ImageFile]) -> Parts:
    """The files by part, where folders called train and test (or val and the like) divide them, at any depth.

    A single folder around everything means nothing and is taken off. Undivided files are all for training.
    """
    children: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for file in files:
        for depth in range(len(file.parts) - 1):
            children[file.parts[:depth]].add(file.parts[depth])
    roles = {above: roles_of(names) for above, names in children.items()}
    parts = Parts()
    for file in files:
        part, outside, kept, aside = _placed(file, roles)
        if outside:
            parts.outside.append(file)
            continue
        if part == "test":
            parts.set_aside.add(aside)
        parts.files.setdefault(part or "train", []).append(replace(file, parts=kept))
    return replace(parts, files={part: _unwrapped(some) for part, some in parts.files.items()})


def roles_of(names: Collection[str]) -> Mapping[str, Role]:
    """What folders that lie beside each other are for, by their names.

    A name is that of a part alone, or with A or B behind it (trainA), or the sibling of another that differs by the part
    (train_images and test_images, horse_train and horse_test). Folders for testing are never classes; those for training
    may be, where there is none for testing.
    """
    read = {name: _read(name) for name in names}
    pairs = {(part, rest) for part, rest, _ in read.values()}
    called = {
        name: Role(part, rest)
        for name, (part, rest, exact) in read.items()
        if part and (exact or ("test" if part == "train" else "train", rest) in pairs)
    }
    found = {role.part for role in called.values()}
    if found == {"train", "test"} or (called and len(called) == len(names)):
        return {name: called.get(name, Role("", name, outside=True)) for name in names}
    if found == {"test"}:
        others = len(names) - len(called)
        called = {name: role for name, role in called.items() if name.lower() not in _DOUBTFUL or others > 1}
        return {name: called.get(name, Role("", name)) for name in names}
    return {name: Role("", name) for name in names}


def part_called(name: str) -> str:
    """The part that a folder of this name alone holds, train or test; empty for none."""
    word = name.lower()
    return "train" if word in _TRAIN else "test" if word in (*_TEST, *_DOUBTFUL) else ""


def folders_of(files: Iterable[ImageFile]) -> tuple[str, ...]:
    """The folders that the files lie in, sorted; those in none do not count."""
    return tuple(sorted({file.label for file in files} - {""}))


def _read(name: str) -> tuple[str, str, bool]:
    """The part in a name, what else there is in it, and whether that is nothing or a domain's letter."""
    tokens = _TOKEN.findall(name)
    at = next((i for i, token in enumerate(tokens) if part_called(token)), None)
    if at is None:
        written_together = _TOGETHER.fullmatch(name)
        return (part_called(written_together[1]), written_together[2], False) if written_together else ("", name, False)
    others = [token for i, token in enumerate(tokens) if i != at]
    rest = [token for token in others if token.lower() not in _NEUTRAL and not token.isdigit()]
    exact = not others or (at == 0 and len(others) == 1 and others[0] in ("A", "B", "a", "b"))
    return part_called(tokens[at]), "_".join(rest), exact


def _placed(file: ImageFile, roles: Mapping[tuple[str, ...], Mapping[str, Role]]) -> tuple[str, bool, tuple[str, ...], str]:
    """-> its part, whether it lies outside of all, the path that is left, and the folder that says so."""
    part, folder, kept = "", "", []
    for depth, name in enumerate(file.parts[:-1]):
        role = roles[file.parts[:depth]][name]
        if role.outside:
            return "", True, (), ""
        if role.part and part != "test":  # a folder for testing inside of one for training is for testing
            part, folder = role.part, name
        kept += [role.rest] if role.rest else []
    beside = roles.get(file.parts[:-1], {}).values()
    return part, any(role.part == "train" for role in beside), (*kept, file.parts[-1]), folder


def _unwrapped(files: list[ImageFile]) -> list[ImageFile]:
    while len({file.label for file in files}) == 1 and files[0].label:
        files = [replace(file, parts=file.parts[1:]) for file in files]
    return files
