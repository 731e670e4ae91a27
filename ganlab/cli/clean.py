"""`ganlab clean`: disk space of ended runs, freed by a rule."""

from __future__ import annotations

import argparse
import dataclasses

from ganlab.app.views.cleanup_wording import cleaned_text, rule_text
from ganlab.cli.arguments import Parser
from ganlab.cli.output import add_json, print_json
from ganlab.runtime.cleanup import Rule, clean


def add(parser: Parser) -> None:
    """The verb's arguments."""
    parser.add_argument("--dry-run", action="store_true", help="only print what would be freed")
    parser.add_argument(
        "--every",
        type=int,
        between=(1, 10_000),
        default=4,
        metavar="K",
        help="keep every K-th of the checkpoints in between (default: 4)",
    )
    add_json(parser, "what was freed, or would be, as JSON")


def run(options: argparse.Namespace) -> None:
    """Print the rule and what it frees; with `--dry-run` nothing is deleted."""
    rule = dataclasses.replace(Rule(), every=options.every)
    if options.json:
        print_json(dataclasses.asdict(clean(rule=rule, dry_run=options.dry_run)) | {"dry_run": options.dry_run})
        return
    print(rule_text(rule))
    print(cleaned_text(clean(rule=rule, dry_run=options.dry_run), "Would free" if options.dry_run else "Freed"))
