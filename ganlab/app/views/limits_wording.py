"""The table of limits as README.md shows it: `python -m ganlab.app.views.limits_wording` prints it anew."""

from __future__ import annotations

from ganlab.app.security.quotas import TABLE, Rate


def markdown() -> str:
    """Every row of the table, at the factor 1."""
    lines = ["| what | a student | an address | the server |", "|---|---|---|---|"]
    for row in TABLE:
        cells = [f"{row.bounds}, {row.unit}" if row.unit else row.bounds]
        cells += [_cell(value) for value in (row.seat, row.address, row.server)]
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return "\n".join(lines)


def _cell(value: float | Rate | None) -> str:
    if isinstance(value, Rate):
        return f"{value.burst:,g}, then {value.per_second:g}/s"
    return "" if value is None else f"{value:,g}"


if __name__ == "__main__":
    print(markdown())
