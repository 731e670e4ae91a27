"""One's own pictures: a place on this machine or an upload, and what is found there, with thumbnails, before anything starts."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from ganlab.app.security.body_limits import MOST_TRAINING
from ganlab.app.security.rights import Action
from ganlab.app.serving import looks
from ganlab.app.serving.looks import Look
from ganlab.app.views.inspection_wording import MOST_CLASSES, inspection_lines
from ganlab.app.views.loading_wording import doing_text
from ganlab.app.views.permissions import FAILURES, error_text, redacted, requires
from ganlab.app.views.wording import escaped
from ganlab.core.image_formats import PICTURES
from ganlab.core.names import is_there
from ganlab.core.text import byte_size, counted
from ganlab.core.types import Conditioning
from ganlab.data import uploads
from ganlab.data.hub import datasets
from ganlab.data.hub.address import dataset_uri, is_uri
from ganlab.data.hub.datasets import Offered
from ganlab.data.inspection import Inspection
from ganlab.runtime.pictures import is_upload, waiting_place
from ganlab.runtime.run import runs_root

LAYOUTS = {
    Conditioning.NONE: "Subfolders have no meaning, except train and test.",
    Conditioning.LABEL: "One subfolder for each class, named after it.",
    Conditioning.PAIRED: "Pairs: images twice as wide as high, source on the left, or two folders with the same file names.",
    Conditioning.UNPAIRED: "Two folders of images, by any names, or trainA and trainB; testA and testB are optional.",
}
PATH, FILES, FOLDER = "Path or Hub id", "Upload files", "Upload a folder"
POLL = 0.7  # seconds between two questions after a look that is not done
_WAY, _SENT, _ROUND, _UNLOOKED = "train.pictures.way", "train.pictures.sent", "train.pictures.round", "train.pictures.unlooked"
_ASKED = "train.pictures.asked"  # what an address named last
_WANTED = "train.pictures.wanted"  # a data set of the Hub
_USELESS = "These pictures cannot be trained on: the form says why."
_TYPES = sorted((*PICTURES, ".zip"))


def choose(asked: Mapping[str, str]) -> str:
    """Draw the ways to name pictures; return the place of those that are chosen, or ""."""
    _follow(asked.get("data_path", ""))
    way = st.segmented_control("Where the pictures are", (PATH, FILES, FOLDER), key=_WAY, required=True)
    if way == PATH:
        named = asked.get("data_path", "")
        st.session_state.setdefault("train/data_path", datasets.name_of(named) if is_uri(named) else named)
        hint = "A folder, a zip or a parquet file; or a data set of the Hugging Face Hub by its id, such as ylecun/mnist."
        typed = st.text_input(
            "Folder or zip on this machine, or Hub id", key="train/data_path", placeholder="/home/me/pictures", help=hint
        ).strip()
        return dataset_uri(typed) or typed
    sent: tuple[str, str] | None = st.session_state.get(_SENT)
    if sent:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":green[:material/check:] {escaped(sent[1])}", width="stretch")
            if st.button("Upload others", icon=":material/upload:", type="tertiary"):
                del st.session_state[_SENT]
                st.rerun()
        return sent[0]
    _upload(way or FILES)
    return ""


def _follow(asked: str) -> None:
    """Begin with what an address names: a place, or pictures that were uploaded before."""
    st.session_state.setdefault(_WAY, PATH)
    if not asked or st.session_state.get(_ASKED) == asked:
        return
    st.session_state[_ASKED] = asked
    if not is_upload(Path(asked), runs_root()):
        st.session_state[_WAY] = PATH
        return
    if st.session_state[_WAY] == PATH:
        st.session_state[_WAY] = FILES
    if st.session_state.get(_SENT, ("",))[0] != asked:
        st.session_state[_SENT] = (asked, "The pictures that were uploaded before.")


def _upload(way: str) -> None:
    """The uploader; what has come is stored, and leaves the memory of the server."""
    most = MOST_TRAINING // 2**20
    round_ = st.session_state.setdefault(_ROUND, 0)
    files = st.file_uploader(
        "A folder of pictures" if way == FOLDER else "Pictures, or one zip of them",
        type=_TYPES,
        accept_multiple_files="directory" if way == FOLDER else True,
        key=f"train.pictures/{round_}/{way}",
        max_upload_size=most,
    )
    st.caption(
        f"Up to {uploads.MOST_FILES:,} files and {byte_size(uploads.MOST_BYTES)} together. They are kept with the run that "
        "trains on them, and deleted with it."
    )
    if not files:
        return
    try:
        with st.spinner("Storing the pictures …"):
            path = _keep(files)
    except FAILURES as error:
        st.error(error_text(error))
        return
    size = byte_size(sum(file.size for file in files))
    st.session_state[_SENT] = (str(path), f"{counted(len(files), 'file')} uploaded, {size}.")
    st.session_state[_ROUND] = round_ + 1  # an uploader of another key holds nothing
    st.rerun()


@requires(Action.UPLOAD)
def _keep(files: Sequence[Any]) -> Path:
    """Files as st.file_uploader gives them."""
    return uploads.keep([(file.name, file.getbuffer()) for file in files], waiting_place(runs_root()))


@requires(Action.UPLOAD)
def look_at(data_path: str) -> Look[Inspection]:
    """The look at what lies there."""
    return looks.at_pictures(data_path)


def lacking(data_path: str) -> str:
    """Why no run can start on these pictures, in one sentence; empty where one can."""
    if not data_path:
        return "Name a folder or a zip of images, or upload some, to train on your own pictures."
    if not _exists(data_path):
        return f"{data_path} does not exist on this machine."
    if _elsewhere(data_path):
        there = at_hub(data_path)
        return _USELESS if there.problem else "The data set is not on this machine yet: download it, and see what it holds."
    look = look_at(data_path)
    if look.problem:
        return _USELESS
    waits = not look.done and st.session_state.get(_UNLOOKED) != data_path
    return "The pictures are being looked through; the start waits for it." if waits else ""


def show(data_path: str) -> Inspection | None:
    """Draw what is found at the place, or how far the look is; None where nothing is known yet, or there is nothing."""
    if not data_path or not _exists(data_path):
        return None
    if _elsewhere(data_path):
        _offer(data_path)
        return None
    look = look_at(data_path)
    if not look.done:
        _progress(data_path)
        return None
    if look.result is None:
        st.error(escaped(redacted(look.problem)))
        _again(data_path)
        return None
    found = look.result
    with st.container(border=True, key="found"):
        first, *more = map(escaped, redacted(inspection_lines(found, drawn=True)))
        st.markdown(f"**{first}**")
        st.html(_strip(found) + _balance(found))
        if more:
            st.caption("  \n".join(more))
        _again(data_path)
    return found


def _exists(data_path: str) -> bool:
    return is_uri(data_path) or is_there(data_path)


def _elsewhere(data_path: str) -> bool:
    """Whether this is a data set of the Hub that is not here, and that this visitor has not asked for."""
    return is_uri(data_path) and st.session_state.get(_WANTED) != data_path and datasets.here(data_path) is None


@st.fragment(run_every=POLL)
def _offer(data_path: str) -> None:
    """What the Hub has under an address, and a button that fetches it."""
    there, name = at_hub(data_path), escaped(datasets.name_of(data_path))
    if not there.done:
        st.caption(f"Asking the Hub about {name} …")
    elif there.result is None:
        st.error(escaped(there.problem))
        if st.button("Try again", icon=":material/refresh:", type="tertiary"):
            looks.again(data_path)
            st.rerun()
    else:
        left, right = st.columns([2, 1], vertical_alignment="center")
        left.markdown(f"**{name}** on the Hub: {byte_size(there.result.size)} in {counted(there.result.count, 'file')}.")
        if right.button("Download it", icon=":material/download:", width="stretch"):
            st.session_state[_WANTED] = data_path
            st.rerun()


@requires(Action.UPLOAD)
def at_hub(data_path: str) -> Look[Offered]:
    """The look at what the Hub has."""
    return looks.at_hub(data_path)


def _again(data_path: str) -> None:
    if st.button("Look again", icon=":material/refresh:", type="tertiary", help="After files inside of it have changed."):
        looks.again(data_path)
        st.rerun()


@st.fragment(run_every=POLL)
def _progress(data_path: str) -> None:
    """A bar, until the look is done; then the page is drawn anew."""
    look = look_at(data_path)
    if look.done:
        st.rerun()
    event = look.progress
    share = event.done / event.total if event.total else 0.0
    far = f" ({byte_size(event.done)} of {byte_size(event.total)})" if event.unit == "bytes" and event.total else " …"
    st.progress(min(share, 1.0), text=f"{escaped(doing_text(event))}{far}")
    if st.button("Start without waiting", type="tertiary", disabled=st.session_state.get(_UNLOOKED) == data_path):
        st.session_state[_UNLOOKED] = data_path
        st.rerun()


_STYLE = """<style>
.pictures { display: flex; flex-wrap: wrap; gap: 4px } .pictures img { border-radius: 4px }
.classes { display: grid; grid-template-columns: minmax(4em, max-content) 1fr max-content; gap: 2px 10px; margin-top: 10px }
.classes { font-size: 14px } .classes b { font-weight: normal; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.classes i { align-self: center; height: 0.6em; border-radius: 3px; background: #0072b2 } .classes span { text-align: right }
</style>"""


def _strip(found: Inspection) -> str:
    """The thumbnails, as wide as there is room."""
    coded = (base64.b64encode(data).decode() for data in found.thumbnails)
    pictures = "".join(f'<img alt="" width="64" height="64" src="data:image/jpeg;base64,{data}">' for data in coded)
    return f'{_STYLE}<div class="pictures" role="img" aria-label="{len(found.thumbnails)} of the pictures">{pictures}</div>'


def _balance(found: Inspection) -> str:
    """A bar for each of the first classes, as long as its share of the largest."""
    if not found.classes:
        return ""
    most, first = max(found.classes.values()), list(found.classes.items())[:MOST_CLASSES]
    named = ((html.escape(name), count) for name, count in first)
    rows = (
        f'<b title="{name}">{name}</b><i style="width:{100 * count / most:.1f}%"></i><span>{count:,}</span>'
        for name, count in named
    )
    return f'<div class="classes">{"".join(rows)}</div>'
