"""Charts of a table: bars with error bars and the floor as a line; two metrics against each other."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ganlab.app.views.metric_wording import better, column_title, shown
from ganlab.app.views.page_frame import dark
from ganlab.metrics.tables import Column, Row, Table
from ganlab.metrics.value import Value

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# --run1 to --run4, --soft and --ink of the live view's tokens.css, light and dark.
_COLOURS = {
    False: ("#646cf4", "#928031", "#8a1795", "#382443", "#596273", "#171b22"),
    True: ("#7f63ee", "#eac932", "#dc3860", "#40e3f1", "#9ba6b6", "#eef1f6"),
}
_SYMBOLS = ("circle", "square", "triangle-up", "cross")  # one for each four colours
_CONFIG = {"displayModeBar": False, "scrollZoom": False}
_LABEL = 22  # letters in a line of a label
_LEGEND = 46
_HEIGHT = 300  # pixels


def draw_charts(table: Table, names: Mapping[str, str], others: Sequence[Table] = (), *, key: str) -> None:
    """Bars of one metric and, where there are two, a scatter plot; the person chooses which.

    Where no floor has the table's own protocol, those of `others` that were read alike stand in the bars' chart.
    """
    several = len(table.columns) > 1 and len(table.rows) > 1
    left, right = st.columns(2, gap="large") if several else (st.container(), None)
    with left:
        column = _choice("Bars", table, f"evaluate.bars/{key}", 0)
        st.plotly_chart(bars(table, column, names, dark(), others), key=f"evaluate.plot/{key}", config=_CONFIG)
    if right is None:
        return
    with right:
        first, second = st.columns(2)
        with first:
            x = _choice("Across", table, f"evaluate.x/{key}", 0)
        with second:
            y = _choice("Up", table, f"evaluate.y/{key}", 1)
        st.plotly_chart(scatter(table, x, y, names, dark()), key=f"evaluate.cloud/{key}", config=_CONFIG)


def bars(table: Table, column: Column, names: Mapping[str, str], is_dark: bool, others: Sequence[Table] = ()) -> Figure:
    """One bar for each model, first on top, with one standard error either way; each floor is a line."""
    import plotly.graph_objects as go  # noqa: PLC0415  (slow to import)

    colours, label = _COLOURS[is_dark], _labels(table, names)
    models = [row for row in table.rows if not row.floor and column in row.values]
    values = [row.values[column] for row in models]
    figure = go.Figure(
        go.Bar(
            x=[value.value for value in values],
            y=list(range(len(models))),
            error_x={"array": [value.error for value in values], "color": colours[5], "thickness": 1.5},
            orientation="h",
            marker={"color": colours[0], "opacity": 0.6},
            width=0.55,
            hovertext=[f"{label(row)}: {row.values[column].estimate}" for row in models],
            hoverinfo="text",
        )
    )
    longest = max((value.value for value in values), default=0.0)
    for floor in _floors(table, column, others):
        count = "" if floor.n_fake == column.n_fake else f", {floor.n_fake:,} of them"
        figure.add_vline(
            x=floor.value,
            line={"color": colours[1], "dash": "dot" if count else "dash", "width": 2},
            annotation={"text": f"real images{count}: {shown(floor.value)}", "font": {"color": colours[1]}, "yanchor": "bottom"},
            annotation_position="top right" if floor.value < longest / 2 else "top left",
        )
    labels = ["<br>".join(textwrap.wrap(label(row), _LABEL)) for row in models]
    figure.update_yaxes(tickvals=list(range(len(models))), ticktext=labels, autorange="reversed", showgrid=False)
    figure.update_xaxes(title=_axis(table, column), zeroline=True)
    return _laid_out(figure, max(_HEIGHT, 110 + 56 * len(models)))


def _floors(table: Table, column: Column, others: Sequence[Table]) -> list[Value]:
    """What real images read: under the table's own protocol, else in the same way with other numbers of images."""
    own = [row.values[column] for row in table.rows if row.floor and column in row.values]
    rows = [row for other in others for row in other.rows]
    alike = [value for row in rows for read, value in row.values.items() if read.reading == column.reading]
    return own or alike[:1]


def scatter(table: Table, x: Column, y: Column, names: Mapping[str, str], is_dark: bool) -> Figure:
    """A point for each model and floor, with error bars both ways."""
    import plotly.graph_objects as go  # noqa: PLC0415  (slow to import)

    colours, label, figure, models = _COLOURS[is_dark], _labels(table, names), go.Figure(), 0
    for row in table.rows:
        if x not in row.values or y not in row.values:
            continue
        across, up = row.values[x], row.values[y]
        colour = colours[4] if row.floor else colours[models % 4]
        symbol = "diamond-open" if row.floor else _SYMBOLS[models // 4 % len(_SYMBOLS)]
        models += not row.floor
        figure.add_scatter(
            x=[across.value],
            y=[up.value],
            error_x={"array": [across.error], "thickness": 1.2},
            error_y={"array": [up.error], "thickness": 1.2},
            mode="markers",
            marker={"size": 11, "symbol": symbol, "color": colour},
            name="<br>".join(textwrap.wrap(label(row), _LEGEND)),
            hovertext=f"{label(row)}<br>{across.estimate}<br>{up.estimate}",
            hoverinfo="text",
        )
    figure.update_xaxes(title=_axis(table, x))
    figure.update_yaxes(title=_axis(table, y))
    lines = sum(1 + trace.name.count("<br>") for trace in figure.data)
    figure.update_layout(showlegend=True, legend={"y": 0, "yref": "container", "yanchor": "bottom", "x": 0})
    return _laid_out(figure, _HEIGHT, 64 + 21 * lines)


def _laid_out(figure: Figure, height: int, below: int = 8) -> Figure:
    """`height` and what is `below` it in pixels."""
    return figure.update_layout(height=height + below, margin={"l": 8, "r": 16, "t": 28, "b": below}, dragmode=False)


def _choice(label: str, table: Table, key: str, default: int) -> Column:
    places = range(len(table.columns))
    if len(table.columns) == 1:
        return table.columns[0]
    place = st.selectbox(label, places, default, key=key, format_func=lambda place: column_title(table, table.columns[place]))
    return table.columns[place]


def _axis(table: Table, column: Column) -> str:
    return f"{column_title(table, column)}, {better(column)}"


def _labels(table: Table, names: Mapping[str, str]) -> Callable[[Row], str]:
    """What each row is called, with its step where that tells it from another; Plotly reads some HTML: a tag is shown."""
    plain = [names.get(row.subject, row.subject) for row in table.rows]

    def label(row: Row) -> str:
        name = names.get(row.subject, row.subject)
        step = f", step {row.step:,}" if plain.count(name) > 1 and row.step is not None else ""
        floor = "Floor: " if row.floor else ""
        return f"{floor}{name}{step}".replace("&", "&amp;").replace("<", "&lt;")

    return label
