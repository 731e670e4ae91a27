"""Tables that never mix protocols, and their exports: what is written reads back, whatever things are called."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganlab.__main__ import main
from ganlab.analysis.reproduce.published import published_results
from ganlab.data import Dataset
from ganlab.metrics.exports import _LATEX, escaped, to_csv, to_json, to_latex
from ganlab.metrics.floors import floors
from ganlab.metrics.tables import tables
from ganlab.metrics.value import Value
from tests.support.loading import drain

A = Value("lenet-mnist distance", 5.19, 0.25, 2000, 60_000, "mnist train, 28 px", "lenet-mnist b1", "bilinear 28", 0, "a", 750)
KERNEL = replace(A, metric="lenet-mnist kernel distance", value=0.134, error=0.026, n_real=10_000)
REAL = replace(A, subject="real images (mnist test)", step=None, value=0.56, error=0.075, floor=True)

words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
finite = st.floats(allow_nan=False, allow_infinity=False)
values = st.builds(
    Value,
    metric=words,
    value=finite,
    error=st.floats(0, 1e6),
    n_fake=st.integers(2, 10**6),
    n_real=st.integers(2, 10**6),
    reference=words,
    extractor=words,
    resize=words,
    seed=st.integers(0, 10**9),
    subject=words,
    step=st.none() | st.integers(0, 10**7),
    higher_is_better=st.booleans(),
)


def shape(found: list[Any]) -> list[tuple[list[str], list[str]]]:
    return [([row.subject for row in table.rows], [table.title(column) for column in table.columns]) for table in found]


def test_models_of_one_protocol_share_a_table_and_floors_come_last() -> None:
    b = replace(A, subject="b"), replace(KERNEL, subject="b")
    (table,) = tables([REAL, A, KERNEL, *b])
    assert shape([table]) == [(["a", "b", "real images (mnist test)"], ["lenet-mnist distance", "lenet-mnist kernel distance"])]
    assert [row.floor for row in table.rows] == [False, False, True]
    assert table.protocol() == [
        "lenet-mnist distance: 2,000 images against 60,000 of mnist train, 28 px, read by lenet-mnist b1, resize bilinear 28.",
        "lenet-mnist kernel distance: 2,000 images against 10,000 of mnist train, 28 px, read by lenet-mnist b1, "
        "resize bilinear 28.",
        "Seed 0; ± is one standard error.",
    ]


@pytest.mark.parametrize(
    "change", [{"n_fake": 40}, {"n_real": 9}, {"reference": "shapes train, 28 px"}, {"extractor": "lenet-x 2"}]
)
def test_another_protocol_is_another_table(change: dict[str, Any]) -> None:
    assert [rows for rows, _ in shape(tables([A, replace(A, subject="b", **change)]))] == [["a"], ["b"]]


def test_one_thing_read_in_two_ways_has_two_columns_with_names_of_their_own() -> None:
    (table,) = tables([A, replace(A, resize="clean"), replace(A, subject="b"), replace(A, subject="b", resize="clean")])
    titles = ["lenet-mnist distance (bilinear 28)", "lenet-mnist distance (clean)"]
    assert shape([table]) == [(["a", "b"], titles)]


def test_two_things_of_one_name_stay_two_rows() -> None:
    assert shape(tables([A, KERNEL, A, KERNEL]))[0][0] == ["a", "a"]


def test_tables_of_floors_alone_come_last() -> None:
    half = replace(REAL, reference="mnist train, second half, 28 px", n_real=30_000)
    found = tables([half, A, REAL])
    assert [table.only_floors for table in found] == [False, True] and len(found[0].rows) == 2


def test_what_floors_measures_is_known_as_floors() -> None:
    images = torch.randint(0, 256, (40, 1, 28, 28), generator=torch.Generator().manual_seed(0)).byte()
    data = Dataset("mnist", images, None, ())
    made = drain(floors(data, data, ["frechet-lenet"], n=10, device="cpu"))[0]
    assert len(made) == 2 and all(value.floor for value in made) and not A.floor


@given(st.lists(values, max_size=12))
def test_nothing_is_lost_and_no_column_mixes_protocols(some: list[Value]) -> None:
    found = tables(some)
    kept = [value for table in found for row in table.rows for value in row.values.values()]
    assert sorted(map(repr, kept)) == sorted(map(repr, some))
    for table in found:
        for column in table.columns:
            cells = [row.values[column] for row in table.rows if column in row.values]
            assert len({tuple(cell.protocol.items()) for cell in cells}) == 1
        assert len({column.reading for column in table.columns}) == len(table.columns)


# -- files ----------------------------------------------------------------------------------------------------------------


def from_csv(text: str) -> list[Value]:
    """What a spreadsheet or a script makes of it."""
    kinds = {"value": float, "error": float, "n_fake": int, "n_real": int, "seed": int}
    made = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        fields: dict[str, Any] = {
            name: kinds.get(name, str)(text) for name, text in row.items() if name not in ("published", "left_open")
        }
        fields["step"] = int(fields["step"]) if fields["step"] else None
        made.append(Value(**fields | {"higher_is_better": fields["higher_is_better"] == "True"}))
    return made


@given(st.lists(values, max_size=4), words)
def test_csv_and_json_read_back(some: list[Value], published: str) -> None:
    text = to_csv(some, {value.subject: published for value in some})
    assert from_csv(text) == some
    assert all(row["published"] == published for row in csv.DictReader(io.StringIO(text, newline="")))
    assert [Value.from_dict(fields) for fields in json.loads(to_json(some))] == some


def unescaped(text: str) -> str:
    """What LaTeX would print."""
    commands = sorted(_LATEX.items(), key=lambda item: -len(item[1]))
    pattern = "|".join(re.escape(command) for _, command in commands)
    return re.sub(pattern, lambda match: next(letter for letter, command in commands if command == match[0]), text)


@given(words)
def test_latex_prints_any_name_as_it_is(name: str) -> None:
    safe = escaped(name)
    assert unescaped(safe) == " ".join(name.split())
    bare = re.sub(r"\\([a-z]+(\{(\\[a-z]+)?\})?|[{}$&#%_])", "", safe)
    assert not set(bare) & set("\\{}$&#%_^~\n\r"), "something that means something to LaTeX"


@given(st.lists(values, min_size=1, max_size=6), words)
def test_latex_tables_are_whole(some: list[Value], published: str) -> None:
    text = to_latex(some, {some[0].subject: published})
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == len(tables(some)) == text.count(r"\caption{")
    lines = [line for line in text.split("\n") if line.endswith(r" \\")]
    assert len(lines) == sum(1 + len(table.rows) for table in tables(some))
    for block in text.split(r"\begin{table}")[1:]:
        alignment = re.search(r"\\begin{tabular}{([lr]+)}", block)
        rows = [re.sub(r"\\&", "", line).count("&") for line in block.split("\n") if line.endswith(r" \\")]
        assert alignment and set(rows) == {len(alignment[1]) - 1}


def test_latex_of_a_small_table() -> None:
    text = to_latex([A, REAL], {"a": "FID 540.90 → 103.69"}, {"a": "GAN_1 & co"})
    assert r"Measured & Step & lenet-mnist distance $\downarrow$ & Published (its source's own reading) \\" in text
    assert r"GAN\_1 \& co & 750 & $5.19 \pm 0.25$ & FID 540.90 \ensuremath{\rightarrow} 103.69 \\" in text
    assert text.index("GAN") < text.rindex(r"\midrule") < text.index(r"\emph{real images (mnist test)} & -- & $0.560 \pm 0.075$")
    assert r"\caption{2,000 images against 60,000 of mnist train, 28 px, read by lenet-mnist b1" in text


def test_published_results_are_those_of_the_recipe() -> None:
    found = published_results(["column-gan", "column-gan, epoch 1", "duel-mse", "column-cgan", "digits-quick", "nothing"])
    assert found.keys() == {"column-gan", "column-gan, epoch 1", "duel-mse"}
    assert found["column-gan"].startswith("FID 540.90 → 103.69")


def test_the_command_line_writes_all_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / f"values.{name}" for name in ("json", "csv", "latex")}
    flags = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    asked = ["-n", "20", "--no-floors", "--split", "test", "--metrics", "frechet-lenet-mnist", "--device", "cpu"]
    assert main(["evaluate", "shapes-quick", *asked, *flags]) == 0
    (value,) = [Value.from_dict(fields) for fields in json.loads(files["json"].read_text())]
    assert from_csv(files["csv"].read_text()) == [value]
    assert f"${value.estimate}$".replace("±", r"\pm") in files["latex"].read_text()
    assert str(value) in capsys.readouterr().out
