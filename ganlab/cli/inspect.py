"""`ganlab inspect`: what a folder, zip or table of pictures holds, and which settings are proposed for it."""

from __future__ import annotations

import argparse

from ganlab.app.views.inspection_wording import inspection_lines, proposal_lines
from ganlab.cli.output import add_json, print_json
from ganlab.cli.progress import driven
from ganlab.data.hub.address import dataset_uri
from ganlab.data.sets.folder import check_place, look
from ganlab.training.proposal import propose


def add(parser: argparse.ArgumentParser) -> None:
    """The verb's arguments."""
    parser.add_argument("path", help="a folder, a zip or a parquet file of pictures, or the id of a data set on the Hub")
    parser.add_argument("--device", default="auto", help="what would train (default: auto)")
    add_json(parser, "the same as JSON")


def run(options: argparse.Namespace) -> None:
    """Print what there is, what cannot be used and why, and what `ganlab train PATH` would do."""
    data_path = dataset_uri(options.path) or options.path
    check_place(data_path)
    found = driven(look(data_path))
    proposal = propose(found, data_path, {"device": options.device})
    if options.json:
        settings = {name: getattr(proposal.config, name) for name in ("family", *proposal.proposed)}
        print_json(found.to_dict() | {"proposal": settings, "seconds_a_step": proposal.seconds})
        return
    print(*inspection_lines(found), *proposal_lines(proposal), f"Start it with: ganlab train {options.path}", sep="\n")
