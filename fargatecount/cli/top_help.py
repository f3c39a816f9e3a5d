"""The help of `top`: its keys, and the words of its columns."""

from __future__ import annotations

HELP = [
    ("1", "clusters, the largest by vCPU first"),
    ("2", "services, task families and owners of pods"),
    ("3", "tasks and pods, the oldest first: the forgotten ones"),
    ("4", "launches that AWS refused within the last hour"),
    ("5", "what changed its phase within the last ten minutes"),
    ("6", "owners, by the tag or label of the deployment; - has none, ? was never read"),
    ("7", "workloads that have been pending or stopping for too long, and what to do"),
    ("enter", "one level down: cluster, service, task, everything about a task"),
    ("esc", "drop the filter, or return"),
    ("/", "filter by a part of any text; enter keeps it"),
    ("s, r", "sort by the next column; reverse the order"),
    ("q", "quit"),
    ("HELD", "pending, running, stopping, and completed pods that are not deleted: what counts towards a quota"),
    ("SHARE", "the higher of the parts of the on-demand and of the Spot quota"),
    ("≥, ~", "a lower bound; an estimate, because a cluster cannot be read"),
]
"""Key or word, and what it is."""
