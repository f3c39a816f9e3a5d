"""Matching: which names an option selects, and which name is closest to a misspelled one.

Pure. A name that selects nothing is an error with a suggestion, never an empty answer: an empty answer looks like a count of 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase

from fargatecount.errors import MisconfiguredError
from fargatecount.workload import Cluster

WILDCARDS = frozenset("*?[")
NAMED = 5
"""Number of names that an error lists."""


def is_selected(cluster: Cluster, globs: Sequence[str]) -> bool:
    """Return whether a cluster's name (`web`) or key (`ECS-web`) matches any of `globs`, or there are none."""
    return not globs or any(matches(cluster, glob) for glob in globs)


def matches(cluster: Cluster, glob: str) -> bool:
    """Return whether a cluster's name or key matches a glob, in its exact spelling."""
    return any(fnmatchcase(name, glob) for name in (cluster.name, cluster.key))


def require_matches(globs: Iterable[str], clusters: Iterable[Cluster], *, noun: str = "cluster") -> None:
    """Do nothing if every glob matches a cluster.

    Raises:
        MisconfiguredError: a glob matches none of `clusters`; the text names it and the closest name.
    """
    known = list(clusters)
    for glob in globs:
        if not any(matches(cluster, glob) for cluster in known):
            names = [cluster.name for cluster in known] + [cluster.key for cluster in known]
            raise MisconfiguredError(
                f"no {noun} matches {glob!r}{did_you_mean(glob, names)}", remedy=_known(sorted({cluster.key for cluster in known}), noun)
            )


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return `; did you mean NAME?` with the name that is closest to a misspelled word, or empty text if none is close.

    Upper and lower case are not distinguished, so that `WEB` suggests `web`.
    """
    if not WILDCARDS.isdisjoint(word):
        return ""
    by_lower = {name.lower(): name for name in sorted(set(names), reverse=True)}
    close = get_close_matches(word.lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]}?" if close else ""


def _known(names: Sequence[str], noun: str) -> str:
    if not names:
        return f"no {noun} is known yet; look now: fargatecount reconcile"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"known: {', '.join(names[:NAMED])}{more}"


def require_known(noun: str, words: Iterable[str], names: Iterable[str]) -> None:
    """Do nothing if every word is one of `names`.

    Raises:
        MisconfiguredError: a word is not; the text names it and the closest name.
    """
    known = sorted(set(names))
    for word in words:
        if word not in known:
            some = f"known: {', '.join(known[:NAMED])}" + (f" and {len(known) - NAMED} more" if len(known) > NAMED else "")
            raise MisconfiguredError(
                f"no {noun} is {word!r}{did_you_mean(word, known)}", remedy=some if known else f"the hub knows no {noun} yet"
            )
