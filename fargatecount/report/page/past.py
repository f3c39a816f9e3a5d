"""Past: what ran and ended in the period of a page, from the history, in parts by time and group that the browser sums up.

Pure but for the engine that it asks. The parts are bounded: at most `MAX_SPANS` spans, and `MAX_GROUPS` groups with an entry of their own;
the others are one entry. A period of which the history does not know all says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import msgspec

from fargatecount.errors import FargatecountError
from fargatecount.history.answers import CostLine, Engine, ask
from fargatecount.history.coverage import Coverage, gaps
from fargatecount.history.parts import LatenciesPart, MovesPart, ReasonsPart
from fargatecount.history.queries import PARTS, Question, Span
from fargatecount.history.span_texts import STEP
from fargatecount.timestamps import DAY, HOUR, to_iso
from fargatecount.workload import Millis

MAX_GROUPS = 60
"""Services with an entry of their own: with 90 days, a few reasons and a dozen launch times each, about half a megabyte."""
UNITS: Sequence[tuple[Millis, Literal["hour", "6 hours", "day"]]] = ((HOUR, "hour"), (6 * HOUR, "6 hours"), (DAY, "day"))
MAX_SPANS = 100
"""Bars that a chart can show: four days by hour, 25 days by six hours, else by day. A period of years has its latest days."""


DECIMALS = 4
"""Of amounts: a hundredth of a cent."""


class PastGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the numbers are; all None for the groups without an entry of their own, together."""

    cluster: str | None
    group: str | None
    owner: str | None
    """`-` for none, `?` where it is not known."""


class MovesRow(NamedTuple):
    """Starts and stops of one group in one span."""

    span: int
    group: int
    started: int
    stopped: int
    vcpu_started: float
    vcpu_stopped: float
    interrupted: int
    spot_stopped: int


class CostRow(NamedTuple):
    """What one group cost in one span, in USD."""

    span: int
    group: int
    cost: float
    uncertain: float
    unpriced: int
    vcpu_hours: float


class StopsRow(NamedTuple):
    """Ends of one group in one span for one reason, by its place in `Past.reasons`."""

    span: int
    group: int
    reason: int
    stopped: int
    never_started: int
    inferred: int


class LaunchesRow(NamedTuple):
    """Launches of one group in one span that took about as many milliseconds."""

    span: int
    group: int
    millis: int
    launches: int


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The history part of the page."""

    as_of: str
    edges: Sequence[Millis]
    """The borders of the spans: one more than there are spans. The first and the last span may be shorter than `unit`."""
    unit: Literal["hour", "6 hours", "day"]
    gaps: Sequence[str] = ()
    """What is not known of the period, in words. Without any, an empty part means that nothing ran."""
    problem: str | None = None
    """Why the history could not be asked; there are no numbers then."""
    prices: str = ""
    groups: Sequence[PastGroup] = ()
    reasons: Sequence[tuple[str, str]] = ()
    """Stop codes and reasons; `?` and `-` for none."""
    moves: Sequence[MovesRow] = ()
    costs: Sequence[CostRow] = ()
    stops: Sequence[StopsRow] = ()
    launches: Sequence[LaunchesRow] = ()


def past_of(engine: Engine, coverage: Coverage | None, begins: Millis, ends: Millis, *, now: Millis, prices: str) -> Past:
    """Ask the history about a period; an engine that does not answer is a problem on the page, and no error."""
    edges, unit = spans_of(begins, ends)
    known = Past(as_of=to_iso(now), edges=edges, unit=unit, prices=prices, gaps=list(gaps(coverage, edges[0], ends, now)))
    spans = [Span(str(n), first, last) for n, (first, last) in enumerate(pairwise(edges))]

    def question(query: str) -> Question:
        return Question(query=query, begins=edges[0], ends=ends, by=PARTS, spans=spans)

    try:
        moves, costs = ask(engine, question("moves"), MovesPart), ask(engine, question("cost"), CostLine)
        reasons, latencies = ask(engine, question("reasons"), ReasonsPart), ask(engine, question("latencies"), LatenciesPart)
    except FargatecountError as error:
        return without(begins, ends, now, error)
    return folded(known, moves, costs, reasons, latencies)


def without(begins: Millis, ends: Millis, now: Millis, error: FargatecountError) -> Past:
    """Return the part of a page whose history could not be asked, because of `error`."""
    edges, unit = spans_of(begins, ends)
    remedy = f": {error.remedy}" if error.remedy else ""
    return Past(as_of=to_iso(now), edges=edges, unit=unit, problem=f"The history could not be asked, because {error}{remedy}.")


def spans_of(begins: Millis, ends: Millis) -> tuple[list[Millis], Literal["hour", "6 hours", "day"]]:
    """Return the borders of the spans of a period, at whole units of UTC, and the unit; at most `MAX_SPANS` spans."""
    length, unit = next(((length, unit) for length, unit in UNITS if (ends - begins) // length < MAX_SPANS - 1), UNITS[-1])
    begins = max(begins, ends - (MAX_SPANS - 1) * length)
    inner = range(begins - begins % length + length, ends, length)
    return [begins, *inner, ends], unit


def folded(
    known: Past, moves: Sequence[MovesPart], costs: Sequence[CostLine], reasons: Sequence[ReasonsPart], latencies: Sequence[LatenciesPart]
) -> Past:
    """Return `known` with the parts, those of small groups together."""
    places = _places(moves, costs, [*reasons, *latencies])
    of_reason = {pair: n for n, pair in enumerate(dict.fromkeys((each.stop_code, each.reason) for each in reasons))}

    def at(part: MovesPart | CostLine | ReasonsPart | LatenciesPart) -> tuple[int, int]:
        return int(part.span), places[part.name]

    return msgspec.structs.replace(
        known,
        groups=_groups(places),
        reasons=list(of_reason),
        moves=[
            MovesRow(*row)
            for row in _summed(
                (at(each), (each.started, each.stopped, each.vcpu_started, each.vcpu_stopped, each.interrupted, each.spot_stopped))
                for each in moves
            )
        ],
        costs=[
            CostRow(*row) for row in _summed((at(each), (each.cost, each.cost_uncertain, each.unpriced, each.vcpu_hours)) for each in costs)
        ],
        stops=[
            StopsRow(*row)
            for row in _summed(
                ((*at(each), of_reason[each.stop_code, each.reason]), (each.stopped, each.never_started, each.inferred)) for each in reasons
            )
        ],
        # The middle of a step, so that a time is at most half a step from the true one.
        launches=[
            LaunchesRow(*row) for row in _summed(((*at(each), round(STEP ** (each.step + 0.5))), (each.launches,)) for each in latencies)
        ],
    )


def _places(moves: Sequence[MovesPart], costs: Sequence[CostLine], others: Sequence[ReasonsPart | LatenciesPart]) -> Mapping[str, int]:
    """Return the place of each name in `Past.groups`: one of its own for those with the most starts, stops and cost."""
    all_moves = sum(each.started + each.stopped for each in moves) or 1
    all_cost = sum(each.cost for each in costs) or 1.0
    weights = dict.fromkeys((each.name for each in others), 0.0)
    for move in moves:
        weights[move.name] = weights.get(move.name, 0.0) + (move.started + move.stopped) / all_moves
    for cost in costs:
        weights[cost.name] = weights.get(cost.name, 0.0) + cost.cost / all_cost
    return {name: min(place, MAX_GROUPS) for place, name in enumerate(sorted(weights, key=lambda name: (-weights[name], name)))}


def _groups(places: Mapping[str, int]) -> list[PastGroup]:
    own = sorted((place, name) for name, place in places.items() if place < MAX_GROUPS)
    groups = []
    for _, name in own:
        cluster, group, owner = name.split("\n")
        groups.append(PastGroup(cluster=cluster, group=group or None, owner=owner))
    rest = PastGroup(cluster=None, group=None, owner=None)
    return [*groups, rest] if len(own) < len(places) else groups


def _summed(parts: Iterable[tuple[tuple[int, ...], tuple[float, ...]]]) -> list[tuple[Any, ...]]:
    """Return one row for each key, in their order, with the sums rounded to what a page shows."""
    sums: dict[tuple[int, ...], tuple[float, ...]] = {}
    for key, values in parts:
        before = sums.get(key)
        sums[key] = values if before is None else tuple(one + other for one, other in zip(before, values, strict=True))
    return [key + tuple(round(value, DECIMALS) for value in values) for key, values in sorted(sums.items())]
