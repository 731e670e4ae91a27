"""The sentences about disk space that is lacking or freed, for the Runs page and `ganlab clean`."""

from __future__ import annotations

from ganlab.core.text import byte_size, counted
from ganlab.runtime.cleanup import Cleaned, Rule
from ganlab.runtime.limits import Shortage, remedy


def rule_text(rule: Rule) -> str:
    """What stays of a run."""
    return (
        f"Of every run that has ended the first, the best, the last and every {_ordinal(rule.every)} checkpoint stay; "
        "what a resume or a fork needs stays in the last one, and in the one before where the run is not finished."
    )


def cleaned_text(cleaned: Cleaned, verb: str) -> str:
    """What was removed after `verb`, such as "Freed"; without the verb where there was nothing to clean up."""
    states = counted(cleaned.states, "more training state" if cleaned.checkpoints else "training state")
    files = [counted(cleaned.checkpoints, "checkpoint")] * bool(cleaned.checkpoints) + [states] * bool(cleaned.states)
    of_runs = [f"{' and '.join(files)} of {counted(cleaned.runs, 'run')}"] if files else []
    left = [f"{counted(cleaned.leftovers, 'leftover')} of killed processes"] if cleaned.leftovers else []
    if not (of_runs or left):
        return "Nothing to clean up."
    return f"{verb} {byte_size(cleaned.bytes)}: {', and '.join(of_runs + left)}."


def shortage_text(shortage: Shortage) -> str:
    """What will fill the disk, and what to do."""
    runs = "The run that is active" if shortage.runs == 1 else f"The {shortage.runs} runs that train or wait"
    wanted, left = byte_size(shortage.wanted), byte_size(shortage.left)
    return f"{runs} will write about {wanted}, but only {left} are left: {remedy(shortage.freed)}."


def _ordinal(number: int) -> str:
    return {1: "1st", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
