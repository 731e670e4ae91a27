"""The sentences about work that is under way: loading, downloading, measuring; for bars and lines of every face."""

from __future__ import annotations

from ganlab.core.events import Loading
from ganlab.runtime.status import Activity

# {names} are joined; {first} is the first of them.
_PHRASES: dict[str, str] = {
    "starting": "Starting",
    "waiting_download": "Waiting for another download of {subject}",
    "downloading": "Downloading {subject}",
    "looking_through": "Looking through {subject}",
    "reading": "Reading {subject}",
    "unpacking": "Unpacking {subject}",
    "decoding": "Decoding {subject}",
    "saving_decoded": "Saving the decoded images of {subject}",
    "looking_for_depth": "Looking for the depth of {subject}",
    "data_read": "Read {subject}",
    "resizing": "Resizing {subject} to {first} x {first}",
    "drawing_shapes": "Drawing shapes",
    "building": "Building the networks",
    "loading_model": "Loading {subject}",
    "opening_features": "Opening {subject}",
    "reading_images": "Reading {subject}",
    "reading_reference": "Reading {subject} with {first}",
    "reading_features": "Reading features",
    "computing": "Computing {subject}",
    "measuring_pace": "Measuring how long a step takes here",
    "comparing": "Comparing {subject}",
    "distilling": "Distilling",
    "training_classifier": "Training {subject}",
    "training_recipe": "Training {subject} ({first})",
    "training_systems": "Training {names}",
    "systems_wait": "Training {names} (waiting for {subject})",
}


def doing_text(event: Loading | Activity) -> str:
    """What is done, without how far it is; of a phase of another version the subject alone."""
    subject = event.subject or ("the images" if event.phase == "reading_images" else "")
    return _PHRASES.get(event.phase, "{subject}").format(
        subject=subject, names=" and ".join(event.names), first=next(iter(event.names), "")
    )


def loading_text(event: Loading) -> str:
    """What is done, and to which of several models."""
    if event.floors:
        return f"{doing_text(event)} (floors)"
    return f"{doing_text(event)} (model {event.place} of {event.places})" if event.places else doing_text(event)
