"""`fargatecount status`: the counters as they are now."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from fargatecount.cli import options, output, quota_bar
from fargatecount.cli import refusals as refused
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds

WATCH_PERIOD = 2.0
"""Seconds between two looks of `-w`: counters move within a second of an event, and a person reads no faster."""

SPOT = "SPOT VCPU"
ROOMY = 100
"""Columns of a terminal below which that is left out for the sake of names: its sum stands among the quotas."""

LISTING = "the first full reconcile begins within a minute of a deployment, or run: fargatecount reconcile"


@click.command(epilog="Example: fargatecount status --cluster 'web*' -o json")
@options.place
@options.clusters
@options.output
@click.option("--strict", is_flag=True, help="Exit with 1 if any cluster is unreadable.")
@click.option("-w", "--watch", is_flag=True, help="Show it live until Ctrl-C.")
def command(*, cluster_globs: tuple[str, ...], form: str, as_json: bool, strict: bool, watch: bool, **place: Any) -> int:
    """Show the counters as they are now."""
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it
    from fargatecount.usage.document import usage_document  # noqa: PLC0415
    from fargatecount.usage.prices import label  # noqa: PLC0415
    from fargatecount.usage.status import usage, with_costs, with_quotas, with_refusals, with_rough_costs  # noqa: PLC0415

    connection = connect(**place)
    ledger = connection.ledger()
    quotas, refusals = connection.quotas(ledger), connection.refusals(ledger)
    prices, thresholds = connection.terms.prices, connection.levels.thresholds
    select = options.selector(cluster_globs)

    def look() -> dict[str, Any]:
        now = connection.clock.now()
        scopes = [with_refusals(with_quotas(scope, quotas, now), refusals, now, select) for scope in usage(ledger, now, select)]
        costed = [with_rough_costs(scope, prices) if watch else with_costs(scope, ledger, prices) for scope in scopes]
        answer: dict[str, Any] = msgspec.to_builtins(usage_document(costed, now, label(prices)))
        return answer

    if watch:
        if as_json or form != "table":
            raise click.UsageError("-w shows a table; leave out -o and --json")
        _live(lambda: screen(look(), thresholds), connection.clock.sleep)
    answer = look()
    if as_json or form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([flat(scope, cluster) for scope in answer["scopes"] for cluster in scope["clusters"]])
    else:
        for scope in answer["scopes"]:
            output.show(render(scope, wide=form == "wide"))
            output.show(render_quotas(scope, thresholds))
            output.show(refused.render(scope["refused"]))
        if answer["scopes"]:
            click.echo(f"Cost: {answer['prices']}.")
        else:
            click.echo("Nothing has been recorded yet.")
    return _warn(answer, strict=strict)


def render(scope: dict[str, Any], *, wide: bool) -> Any:
    """Return the table of one scope."""
    phases = ("waiting", "pending", "running", "stopping", "completed") if wide else ("pending", "running", "stopping")
    columns = ["CLUSTER", *(phase.upper() for phase in phases), "HELD", "VCPU", "GIB", SPOT, "USD/H", "STATE"]
    rows = [_cells(cluster["cluster"], cluster, phases) for cluster in scope["clusters"]]
    footer = _cells("total", {**scope["total"], "readable": scope["complete"], "reason": output.INCOMPLETE, "by_capacity": None}, phases)
    if scope["total"]["vcpu"] is not None:
        spot = sum(cluster["by_capacity"]["spot"]["vcpu"] for cluster in scope["clusters"] if cluster["by_capacity"])
        footer[-3] = _number(spot, at_least=scope["total"]["at_least"])
    if not wide and output.width() < ROOMY:
        rows = [columns, *rows, footer]
        columns, *rows, footer = [row[:-3] + row[-2:] for row in rows]
    return output.table(f"{scope['account']} {scope['region']}", columns, rows, footer=footer)


def _cells(name: str, usage: dict[str, Any], phases: tuple[str, ...]) -> list[str]:
    by_phase, by_capacity = usage["by_phase"], usage["by_capacity"]
    some_missing = usage.get("at_least", False)
    some_unsized = some_missing or bool(usage["unsized"])
    return [
        name,
        *(_number(by_phase[phase]["count"] if by_phase else None, at_least=some_missing) for phase in phases),
        _number(usage["held"], at_least=some_missing),
        _number(usage["vcpu"], at_least=some_unsized),
        _number(usage["memory_gib"], at_least=some_unsized),
        output.number(by_capacity["spot"]["vcpu"] if by_capacity else None),
        money(usage),
        output.state(usage),
    ]


def _number(value: float | None, *, at_least: bool) -> str:
    return ("≥" if at_least and value is not None else "") + output.number(value)


def render_quotas(scope: dict[str, Any], thresholds: QuotaThresholds = DEFAULT_THRESHOLDS, *, drawn: bool = True) -> Any:
    """Return the table of the quotas of one scope: their last known values, and how much of them is held, also as a bar if `drawn`.

    `thresholds` are those of the alarms.
    """
    columns = ["QUOTA", "VCPU", "USED", "FREE", "PERCENT", *([""] if drawn else []), "SOURCE"]
    rows = [
        [
            f"{quota['capacity']} {quota['code']}",
            output.number(quota["value"]),
            ("≥" if quota["used_at_least"] else "") + output.number(quota["used"]),
            output.number(quota["remaining"]),
            output.number(quota["percent"]),
            *(
                [output.Colored(quota_bar.quota_bar(quota["percent"]) or "unknown", quota_bar.color_of(thresholds.grade(quota["percent"])))]
                if drawn
                else []
            ),
            quota["source"] + (f": {quota['reason']}" if quota["reason"] else ""),
        ]
        for quota in scope["quotas"]
    ]
    return output.table("Quotas", columns, rows)


def money(usage: dict[str, Any]) -> str:
    """Return what something costs an hour, with a sign where that is not the whole of it or rests on a guess."""
    return ("≥" if usage["cost_at_least"] else "~" if usage["cost_approximate"] else "") + output.number(usage["cost_per_hour"])


def flat(scope: dict[str, Any], cluster: dict[str, Any]) -> dict[str, Any]:
    """Return one cluster as a row of CSV."""
    from fargatecount.workload import LIVING  # noqa: PLC0415

    plain = {key: value for key, value in cluster.items() if not key.startswith("by_")}
    phases = {f"{phase}_count": cluster["by_phase"][phase]["count"] if cluster["by_phase"] else None for phase in LIVING}
    return {"account": scope["account"], "region": scope["region"], **plain, **phases}


def _warn(answer: dict[str, Any], *, strict: bool) -> int:
    for scope in answer["scopes"]:
        for doubt in doubts(scope):
            output.warn(doubt)
    return 1 if strict and not answer["complete"] else 0


def doubts(scope: dict[str, Any]) -> list[str]:
    """Return what makes the numbers of a scope doubtful, each reason whole and once, with the clusters that it holds for."""
    found = []
    if scope["reason"]:
        found.append(f"{scope['account']} {scope['region']} may have clusters that are not counted: {scope['reason']}; {LISTING}")
    alike: dict[tuple[str, str | None], list[str]] = {}
    for cluster in scope["clusters"]:
        if not cluster["readable"]:
            known = f"last complete {cluster['counts_as_of']}" if cluster["counts_as_of"] else "never complete so far"
            alike.setdefault((cluster["reason"], cluster["remedy"]), []).append(f"{cluster['cluster']} ({known})")
    for (reason, remedy), names in alike.items():
        is_are = "is" if len(names) == 1 else "are"
        found.append(f"{', '.join(names)} {is_are} unreadable: {reason}" + (f"; {remedy}" if remedy else ""))
    return found


def _live(look: Any, sleep: Any) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415

    if not sys.stdout.isatty():
        raise click.UsageError("-w needs a terminal")
    with Live(console=Console(highlight=False), screen=True, auto_refresh=False) as live:
        while True:
            live.update(look(), refresh=True)
            sleep(WATCH_PERIOD)


def screen(answer: dict[str, Any], thresholds: QuotaThresholds) -> Any:
    """Return what `-w` shows: all that is printed otherwise, the warnings too, for a screen of its own has no stderr."""
    from rich.console import Group  # noqa: PLC0415 - see `refused.render`
    from rich.text import Text  # noqa: PLC0415

    parts: list[Any] = []
    for scope in answer["scopes"]:
        parts += [render(scope, wide=False), render_quotas(scope, thresholds), refused.render(scope["refused"])]
        parts += [Text(f"warning: {output.plain(doubt)}", style="yellow") for doubt in doubts(scope)]
    return Group(*parts, Text(f"as of {answer['as_of']}, Ctrl-C to leave"))
