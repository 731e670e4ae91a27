"""A run's sheets as a film: the same z at every step."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from ganlab.core import film
from ganlab.core.images import read
from ganlab.runtime.run import Run

ENDINGS = {f".{name.lower()}": name for name in reversed(film.FORMATS)}


def timelapse(run: Run, path: Path, frames_per_second: float = 10) -> int:
    """Write the sheets of `run` one after the other as `path`, whose ending decides the format; return how many.

    An MP4 has all of them, read one at a time; a GIF or WebP as many, evenly spaced, as fit into memory. The file is whole or not
    there. ValueError for a run without two sheets, and as `film.check_format`.
    """
    kind = ENDINGS[path.suffix.lower()]
    film.check_format(kind)
    sheets = [place for step in run.samples() if (place := run.sample_path(step)).is_file()]
    if len(sheets) < 2:
        raise ValueError(f"{run.id} has fewer than two sheets of samples: there is nothing to play.")
    if kind != "MP4":
        width, height = read(sheets[-1]).size
        most = max(2, film.MAX_PIXELS // (width * height))
        chosen = np.linspace(0, len(sheets) - 1, min(most, len(sheets))).round().astype(int)
        sheets = [sheets[index] for index in chosen]
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix, delete=False) as half:
        try:
            film.write(half, map(read, sheets), kind, frames_per_second=frames_per_second)
            half.close()
            Path(half.name).chmod(0o644)
            Path(half.name).replace(path)
        except BaseException:
            Path(half.name).unlink(missing_ok=True)
            raise
    return len(sheets)
