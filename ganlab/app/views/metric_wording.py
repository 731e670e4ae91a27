"""What measured numbers are called on a screen: what they measure, by whose eyes, and whether lower or higher is better."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ganlab.app.views.titles import data_title
from ganlab.data import DATASETS
from ganlab.metrics.catalogue import KINDS, kind_of
from ganlab.metrics.features.classifier import PHOTOS, classifier_name
from ganlab.metrics.standing import Standing
from ganlab.metrics.tables import Column, Table
from ganlab.metrics.value import Value, versus
from ganlab.runtime.run import Run

_DISTANCE = "distance/"
_DIGEST = re.compile(r" [0-9a-f]{8}$")  # of a folder, at the end of what it is called: see Reference.of_folder
_READERS = {PHOTOS: "an encoder of photos", "inception": "the Inception network"}
_FEATURES = {
    "own": "a classifier that learned the classes of the data set in its name",
    "photos": "an encoder that GANLab trained on 20,000 photos of CIFAR-10 and ships, for images that have no classifier of "
    "their own",
    "column": "Inception with the weights of torchvision",
    "inception": "the network that FID is defined with",
}


def noun(dataset: str) -> str:
    """What the images of a data set show: "digits"; "images" of one that is not known."""
    return DATASETS[dataset].noun if dataset in DATASETS else "images"


def better(column: Column) -> str:
    """ "lower is better", or "higher is better"."""
    return f"{'higher' if column.higher_is_better else 'lower'} is better"


def column_title(table: Table, column: Column) -> str:
    """ "Distance"; with who reads the images where another column of the table has that name too."""
    title = _plain(column)
    alike = [other for other in table.columns if _plain(other) == title]
    if len(alike) == 1:
        return title
    same_reader = len({reader(other) for other in alike}) < len(alike)
    return f"{title} by {reader(column)}{f', resize {column.resize}' if same_reader else ''}"


def reader(column: Column) -> str:
    """Who reads the images: "the classifier of MNIST digits"."""
    name = _name(column)
    known = {classifier_name(dataset): f"the classifier of {data_title(dataset)}" for dataset in DATASETS} | _READERS
    return known.get(name, name)


def features_text(extractor: str) -> str:
    """Which network reads the images, and why it: "photo-encoder, an encoder that …"."""
    name = extractor.split(" ")[0]
    kind = "own" if name.startswith("lenet-") else {PHOTOS: "photos", "column": "column"}.get(name, "inception")
    return f"{name}, {_FEATURES[kind]}"


def standing_text(value: Value, standing: Standing) -> str:
    """ "9.3 times what real images read (0.56); lower is better"."""
    floor = f"what real images read ({shown(standing.floor.value)})"
    lower = f"{'higher' if value.higher_is_better else 'lower'} is better"
    match standing.kind:
        case "level":
            return f"as good as {floor}, within two standard errors; {lower}"
        case "times":
            return f"{shown(standing.ratio)} times {floor}; {lower}"
        case "share":
            return f"{standing.ratio:.0%} of {floor}; {lower}"
        case "apart":
            return f"{shown(standing.ratio)} standard errors above {floor}; {lower}"


def explanation(column: Column) -> list[str]:
    """What a column measures and what good looks like, a sentence or two each."""
    kind = kind_of(column.metric)
    what = KINDS[kind].help if kind else ""
    fid = "" if _name(column) == "inception" else " It is no FID: compare it only with numbers of the same network."
    return [
        *filter(None, [what]),
        f"{better(column).capitalize()}. The line of real images in the chart is what a perfect generator would read.",
        f"Read by {features_text(column.extractor)}.{fid}",
        "± is one standard error: values within two of each other cannot be told apart.",
    ]


def protocol_text(table: Table, references: Iterable[str] = ()) -> list[str]:
    """A sentence for each way of reading: how many images, against how many of what, and who reads them."""
    reference = reference_title(table.reference, references)
    ways = table.ways()
    sentences = []
    for columns in ways:
        one = columns[0]
        which = f"{', '.join(column_title(table, column) for column in columns)}: " if len(ways) > 1 else ""
        sentences.append(f"{which}{versus(one.n_fake, one.n_real, reference)}, read by {reader(one)}, resize {one.resize}.")
    return [*sentences, *table.remarks()]


def reference_title(reference: str, others: Iterable[str] = ()) -> str:
    """What images were held against, without the digest of a folder, unless another of `others` is called so too."""
    plain = _DIGEST.sub("", reference)
    return reference if [_DIGEST.sub("", other) for other in set(others)].count(plain) > 1 else plain


def distance_text(run: Run) -> str:
    """ "Distance to real digits 4.89, lower is better; real digits read 0.31", as it read last; "" where none was measured."""
    last = {name: value for name, value in run.last_metrics().items() if name.startswith(_DISTANCE) and value is not None}
    if not last:
        return ""
    name, value = next(iter(last.items()))
    what, floor = noun(run.settings.dataset), run.readings.get(name, {}).get("floor")
    real = "" if floor is None else f"; real {what} read {shown(floor)}"
    return f"Distance to real {what} {shown(value)}, lower is better{real}"


def shown(value: float) -> str:
    """Three digits of a distance."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _name(column: Column) -> str:
    return column.extractor.split(" ")[0]


def _plain(column: Column) -> str:
    text = column.metric.removeprefix(f"{_name(column)} ")
    return text[:1].upper() + text[1:]
