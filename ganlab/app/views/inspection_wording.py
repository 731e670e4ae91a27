"""The sentences about a folder of pictures that was looked at, and about the settings that are proposed for it."""

from __future__ import annotations

from collections.abc import Sequence

from ganlab.app.views.data_wording import remark_lines
from ganlab.app.views.setting_titles import setting_title
from ganlab.core.text import counted, duration
from ganlab.data.inspection import Inspection
from ganlab.training.families import FAMILIES
from ganlab.training.proposal import Proposal

MOST_CLASSES = 12  # that are named or drawn


def inspection_lines(found: Inspection, *, drawn: bool = False) -> list[str]:
    """What there is, what cannot be used and why, one sentence or two to a line. `drawn`: bars show how many a class has."""
    small, middle, large = found.sides
    sides = f"{small:,} pixels" if small == large else f"{small:,} to {large:,} pixels, half of them {middle:,} or more"
    colour = "grey" if found.channels == 1 else "colour"
    aside = f", and {found.tested:,} set aside for testing" if found.tested else ""
    lines = [f"{counted(found.count, 'picture')} to train on{aside}; {colour}; the shorter side has {sides}."]
    lines += [structure] if (structure := _structure(found, drawn)) else []
    if found.unusable:
        named = "; ".join(f"{name}: {reason}" for name, reason in found.broken)
        more = found.unusable - len(found.broken)
        lines.append(f"{counted(found.unusable, 'file')} cannot be used: {named}{f'; and {more:,} more' if more else ''}")
    if found.duplicates:
        verb = "repeats" if found.duplicates == 1 else "repeat"
        lines.append(f"{counted(found.duplicates, 'file')} {verb} another, byte for byte: it is learned more often.")
    total = found.count + found.tested
    if found.decoded < total:
        lines.append(f"{found.decoded:,} of {total:,} were decoded to the end; whether the others are whole shows in training.")
    return lines + remark_lines(found.remarks)


def _structure(found: Inspection, drawn: bool) -> str:
    """Pairs, domains or classes."""
    if found.pairs:
        return f"{counted(found.pairs, 'pair')} of equal names in folders A and B."
    if found.halved:
        return "The files are twice as wide as high: two pictures side by side, which make pairs."
    if found.domains:
        named = " and ".join(f"{count:,} of {name}" for name, count in sorted(found.domains.items()))
        rows = " If its rows are pairs, choose Pix2Pix." if found.by_column else ""
        return f"Two domains: {named}.{rows}"
    if not found.classes:
        return ""
    named = ", ".join(f"{name} {count:,}" for name, count in list(found.classes.items())[:MOST_CLASSES])
    more = f" and {len(found.classes) - MOST_CLASSES} more" if len(found.classes) > MOST_CLASSES else ""
    listed = f", of which the first {MOST_CLASSES} are drawn" * bool(more) if drawn else f": {named}{more}"
    few, many = min(found.classes.values()), max(found.classes.values())
    uneven = f" They are uneven: one class has {many / few:.0f} times as many as another." if many > 3 * few else ""
    return f"{len(found.classes)} classes by {'column' if found.by_column else 'folder'}{listed}.{uneven}"


def filled_line(proposal: Proposal, own: Sequence[str]) -> str:
    """What a form was filled in with, for a page; `own` are proposed settings that the user has changed since."""
    config = proposal.config
    between = FAMILIES[config.family].conditioning.between_images
    sizes = "" if between else f"{config.image_size} × {config.image_size} pixels, batches of {config.batch_size}, "
    mirrored = "mirrored at random" if config.flip else "not mirrored"
    kept = f" Yours stay: {', '.join(setting_title(name) for name in own)}." if own else ""
    return (
        f"Filled in for these pictures: {FAMILIES[config.family].title}, {sizes}{mirrored}, {config.steps:,} steps, about "
        f"{duration(proposal.whole)} here.{kept}"
    )


def proposal_lines(proposal: Proposal) -> list[str]:
    """What is proposed and how long it takes here."""
    values = {name: getattr(proposal.config, name) for name in proposal.proposed}
    listed = ", ".join(f"{name} {str(value).lower() if isinstance(value, bool) else value}" for name, value in values.items())
    return [
        f"Proposed: {FAMILIES[proposal.config.family].title}, {listed}.",
        f"That takes about {duration(proposal.whole)} here ({proposal.seconds:.2g} s a step, just measured).",
    ]
