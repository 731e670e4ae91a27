"""What long work prints: every remark about data once, whatever else is shown."""

from collections.abc import Iterator

import pytest

from ganlab.cli.progress import StatusLine, driven
from ganlab.core.events import Loading
from ganlab.core.remarks import Remark

SKIPPED, DOMAINS = Remark("hidden", 2, (".a.png", ".b.png"), total=9), Remark("domains", 2, ("horse", "zebra"))


def read(*remarks: Remark, subject: str = "pictures") -> Loading:
    return Loading("data_read", subject, 7, 7, remarks=remarks)


def test_a_run_in_the_foreground_prints_each_remark_once(capsys: pytest.CaptureFixture[str]) -> None:
    line = StatusLine()
    for event in (Loading("decoding", "pictures"), read(SKIPPED), read(SKIPPED, DOMAINS)):
        line(event)
    assert capsys.readouterr().out.splitlines() == [
        "Skipped 2 of 9 files: 2 hidden files (.a.png, .b.png).",
        "Domain A is horse, domain B is zebra, in the order of their names.",
    ]


def test_other_work_names_the_folder_of_each_remark(capsys: pytest.CaptureFixture[str]) -> None:
    def steps() -> Iterator[Loading]:
        yield from (read(SKIPPED), read(SKIPPED), read(SKIPPED, subject="others"))

    driven(steps())  # type: ignore[arg-type]
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == ["pictures", "others"]
