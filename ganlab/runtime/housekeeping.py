"""Keeping a server of runs in order: who waits for a device, how much may wait and be written, what can be cleaned up.

queue(root) -> {device: (Place, ...)}         who trains on each device, and who waits for it, in order
cancel(run) -> None                           take a waiting run out of the queue
admit(config, count, root) -> None            ValueError when no more may wait, or there is no room to begin
unfit(root) -> str                            which limit is set to what cannot be one, in one sentence, else ""
warning(root) -> str                          one sentence when the disk will not suffice, else ""
clean(root, rule, dry_run) -> Cleaned         free space of ended runs by the rule; RULE says it in words
"""

from ganlab.runtime.cleanup import RULE, Cleaned, Rule, clean
from ganlab.runtime.limits import admit, most_waiting, unfit, warning, will_wait
from ganlab.runtime.waiting import Place, cancel, queue

__all__ = [
    "RULE",
    "Cleaned",
    "Place",
    "Rule",
    "admit",
    "cancel",
    "clean",
    "most_waiting",
    "queue",
    "unfit",
    "warning",
    "will_wait",
]
