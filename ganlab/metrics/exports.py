"""Measured values as text that other programs read: JSON, CSV with one value a line, LaTeX with one table for each protocol.

`published` is what the source of a subject's recipe reports, under that source's own protocol; `names` is what a subject is
called on paper. Both map a value's `subject`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from ganlab.metrics.tables import Row, Table, tables
from ganlab.metrics.value import Value

PUBLISHED = "Published (its source's own reading)"
_NOTHING: Mapping[str, str] = {}
_FIELDS = (
    "subject",
    "step",
    "metric",
    "value",
    "error",
    "n_fake",
    "n_real",
    "reference",
    "extractor",
    "resize",
    "seed",
    "higher_is_better",
)
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\rightarrow}",
    "∞": r"\ensuremath{\infty}",
}


def to_json(values: Sequence[Value]) -> str:
    """A list of what `Value.from_dict` takes."""
    return json.dumps([value.to_dict() for value in values], indent=2) + "\n"


def to_csv(values: Sequence[Value], published: Mapping[str, str] = _NOTHING) -> str:
    """One line for each value with its whole protocol, so that nothing is mixed up by sorting."""
    text = io.StringIO()
    writer = csv.writer(text)  # lines end in CR LF (RFC 4180): otherwise a lone CR in a name would go unquoted
    writer.writerow([*_FIELDS, "left_open", "published"])
    for value in values:
        fields = value.to_dict()
        known = ["" if fields[name] is None else fields[name] for name in _FIELDS]
        writer.writerow([*known, value.left_open, published.get(value.subject, "")])
    return text.getvalue()


def to_latex(values: Sequence[Value], published: Mapping[str, str] = _NOTHING, names: Mapping[str, str] = _NOTHING) -> str:
    r"""Tables for the booktabs package, with the protocol as caption and floors below a rule of their own."""
    parts = [r"% Needs \usepackage{booktabs}. Tables of different protocols: their numbers cannot be compared."]
    return "\n\n".join([*parts, *(_latex_table(table, published, names) for table in tables(values))]) + "\n"


def escaped(text: str) -> str:
    """Text as LaTeX sets it: what has a meaning there is escaped, and a line break becomes a space."""
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def _latex_table(table: Table, published: Mapping[str, str], names: Mapping[str, str]) -> str:
    steps = any(row.step is not None for row in table.rows)
    reported = any(published.get(row.subject) for row in table.rows)
    arrows = [r"$\uparrow$" if column.higher_is_better else r"$\downarrow$" for column in table.columns]
    metrics = [f"{escaped(table.title(column))} {arrow}" for column, arrow in zip(table.columns, arrows, strict=True)]
    heads = ["Measured", *(["Step"] if steps else []), *metrics, *([escaped(PUBLISHED)] if reported else [])]

    def line(row: Row) -> str:
        name = escaped(names.get(row.subject, row.subject))
        cells = [rf"\emph{{{name}}}" if row.floor else name]
        cells += [_number(row.step)] if steps else []
        cells += [_cell(row.values.get(column)) for column in table.columns]
        cells += [escaped(published.get(row.subject, "")) or "--"] if reported else []
        return f"    {' & '.join(cells)} \\\\"

    models, floors = ([line(row) for row in table.rows if row.floor is floor] for floor in (False, True))
    rule = ["    \\midrule"]
    body = [*models, *(rule if models and floors else []), *floors]
    alignment = "l" + "r" * (len(table.columns) + steps) + "l" * reported
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{escaped(' '.join(table.protocol()))}}}",
            rf"  \begin{{tabular}}{{{alignment}}}",
            r"    \toprule",
            f"    {' & '.join(heads)} \\\\",
            *rule,
            *body,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )


def _number(step: int | None) -> str:
    return "--" if step is None else f"{step:,}"


def _cell(value: Value | None) -> str:
    return "--" if value is None else f"${str(value.estimate).replace('±', chr(92) + 'pm')}$"
