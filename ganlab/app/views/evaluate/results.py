"""What a job measured: tables with floors, the protocol in words, charts, and files to take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ganlab.analysis.jobs import Job
from ganlab.analysis.reproduce.published import published_results
from ganlab.app.views.data_wording import remark_lines
from ganlab.app.views.evaluate.charts import draw_charts
from ganlab.app.views.evaluate.subjects import models_here, titles
from ganlab.app.views.job_wording import outcome_text
from ganlab.app.views.metric_wording import better, column_title, explanation, protocol_text, reference_title, standing_text
from ganlab.app.views.permissions import redacted
from ganlab.app.views.wording import escaped
from ganlab.metrics.exports import to_csv, to_json, to_latex
from ganlab.metrics.standing import standing
from ganlab.metrics.tables import Column, Row, Table, tables
from ganlab.metrics.value import Value

_ONE_LINE = 30  # letters


@dataclass(frozen=True)
class Results:
    """Values with what their subjects are called, and what the sources of their recipes report."""

    values: Sequence[Value]
    names: Mapping[str, str]
    published: Mapping[str, str]

    @classmethod
    def of(cls, job: Job) -> Results:
        """Everything that a job has measured so far."""
        values = job.values()
        subjects = list(dict.fromkeys(value.subject for value in values))
        return cls(values, titles(subjects, models_here()), published_results(subjects))


def show(job: Job) -> None:
    """An ended job's numbers, charts and downloads; of an active one nothing, since the list shows it."""
    status = job.status()
    if status.active:
        return
    if status.state in ("failed", "lost"):
        st.error(escaped(redacted(outcome_text(status))))
    elif status.state == "stopped":
        st.info(escaped(redacted(outcome_text(status))))
    results = _show_values(job)
    if results.values:
        _downloads(job, results)


def show_values(job: Job) -> None:
    """What an active job has measured so far, as tables."""
    _show_values(job, charts=False)


def _show_values(job: Job, *, charts: bool = True) -> Results:
    reason = outcome_text(job.status())
    for sentence in job.failures():
        if sentence != reason:
            st.warning(escaped(redacted(sentence)))
    for subject, remarks in job.remarks().items():
        for line in remark_lines(remarks):
            st.caption(escaped(redacted(f"{subject}: {line}")))
    results = Results.of(job)
    found = tables(results.values)
    lone = [table for table in found if table.only_floors]
    references = [table.reference for table in found]
    for place, table in enumerate(one for one in found if not one.only_floors):
        _table(table, results, references)
        if charts:
            draw_charts(table, results.names, lone, key=f"{job.id}/{place}")
    if lone:
        with st.expander("Floors under other protocols, not to be compared with the numbers above"):
            for table in lone:
                _table(table, results, references)
    return results


def _table(table: Table, results: Results, references: Sequence[str]) -> None:
    best = {column: _best(table, column) for column in table.columns}
    reported = any(results.published.get(row.subject) for row in table.rows)
    steps = any(row.step is not None for row in table.rows)
    cells = []
    for row in table.rows:
        cell = {"Measured": _name(row, results)}
        if steps:
            cell["Step"] = "–" if row.step is None else f"{row.step:,}"
        for column in table.columns:
            cell[_head(table, column)] = _number(row, column, best[column])
        if reported:
            cell["Published by its source"] = _published(results.published.get(row.subject, ""))
        cells.append(cell)
    st.markdown(f"**Reference: {escaped(reference_title(table.reference, references))}**")
    st.table(cells, border="horizontal", hide_index=True)
    if not table.only_floors:
        _standings(table, results)
        _explanations(table)
    notes = [escaped(sentence) for sentence in protocol_text(table, references)]
    if any(best.values()):
        notes.append("Bold: the best, and all within two standard errors of it.")
    if reported:
        notes.append("Published: the source's own number under its own protocol, not to be compared with the other columns.")
    st.caption("  \n".join(notes))


def _standings(table: Table, results: Results) -> None:
    """How far each model is from real images, in words, a line for each; nothing where no real images were measured alike."""
    lines = []
    for row in table.rows:
        found = [(column, value, standing(value, results.values)) for column, value in row.values.items()]
        known = [(column, value, beside) for column, value, beside in found if beside]
        words = [f"{column_title(table, column)} {standing_text(value, beside)}" for column, value, beside in known]
        if words:
            lines.append(f"- **{_name(row, results)}**: {escaped('. '.join(words))}.")
    if lines:
        st.markdown("\n".join(lines))


def _explanations(table: Table) -> None:
    """What each number is and what good looks like, behind a button for each column."""
    with st.container(horizontal=True):
        for column in table.columns:
            with st.popover(f"What is {escaped(column_title(table, column))}?", icon=":material/help:"):
                st.markdown("\n\n".join(escaped(sentence) for sentence in explanation(column)))


def _head(table: Table, column: Column) -> str:
    return f"{escaped(column_title(table, column))} {'↑' if column.higher_is_better else '↓'} {better(column)}"


def _name(row: Row, results: Results) -> str:
    name = escaped(results.names.get(row.subject, row.subject))
    return f":gray[*Floor: {name}*]" if row.floor else name


def _number(row: Row, column: Column, best: Sequence[Value]) -> str:
    value = row.values.get(column)
    if value is None:
        return "–"
    shown = str(value.estimate).replace(" ", "\u00a0")  # on one line
    if row.floor:
        return f":gray[*{shown}*]"
    return f"**{shown}**" if value in best else shown


def _published(text: str) -> str:
    """What comes before the details, on one line where it is short; the files have all of it."""
    short = escaped(text.partition(" (")[0])
    return (short.replace(" ", "\u00a0") if len(short) < _ONE_LINE else short) or "–"


def _best(table: Table, column: Column) -> list[Value]:
    """The best of several models, and those that could as well be; empty for a single one."""
    found = [row.values[column] for row in table.rows if not row.floor and column in row.values]
    if len(found) < 2:
        return []
    best = max(found, key=lambda value: value.value if value.higher_is_better else -value.value)
    return [value for value in found if value is best or abs((value - best).value) <= 2 * (value - best).error]


def _downloads(job: Job, results: Results) -> None:
    made = {
        "CSV": (to_csv(results.values, results.published), "csv", "text/csv", "One value a line, with its protocol."),
        "JSON": (to_json(results.values), "json", "application/json", "What `ganlab evaluate --json` writes."),
        "LaTeX": (
            to_latex(results.values, results.published, results.names),
            "tex",
            "text/x-tex",
            "A table for each protocol; needs the booktabs package.",
        ),
    }
    with st.container(horizontal=True):
        for label, (text, ending, mime, help) in made.items():
            st.download_button(
                label,
                redacted(text).encode("utf-8", "backslashreplace"),
                f"ganlab-{job.id}.{ending}",
                mime,
                key=f"evaluate.{ending}/{job.id}",
                icon=":material/download:",
                help=help,
                on_click="ignore",
            )
