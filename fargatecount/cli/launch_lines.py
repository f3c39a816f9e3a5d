"""The lines of `status` about launches: what was launched in the last second and minute, and how much of the launch quotas that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fargatecount.cli.output import number
from fargatecount.usage.launches import LaunchStanding


def launch_lines(launched: Iterable[LaunchStanding]) -> Iterator[str]:
    """Yield a line for each capacity that launched something lately, and one for a quota that is not known."""
    launched = list(launched)
    for each in launched:
        if each.busiest_minute:
            yield f"Launches, {each.capacity}: {each.last_second} in the last second, {each.last_minute} in the last minute; {_quota(each)}"
    if launched and not any(each.busiest_minute for each in launched):
        yield "No launch in the last three minutes."
    unknown: dict[str, list[str]] = {}
    for each in launched:
        if each.reason:
            unknown.setdefault(each.reason, []).append(each.capacity)
    for reason, capacities in unknown.items():
        yield f"Launch quota of {' and '.join(capacities)} not known: {reason}."


def _quota(each: LaunchStanding) -> str:
    known = [f"{number(each.burst)} at once"] if each.burst is not None else []
    known += [f"{number(each.sustained)} a second"] if each.sustained is not None else []
    if not known:
        return "launch quota not known"
    return f"launch quota {', then '.join(known)}: {number(round(each.percent or 0, 1))} % at the busiest"
