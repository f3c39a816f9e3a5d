"""`fargatecount rightsize`: what services hold, what they use of it, and which smaller cell frees quota and money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.rightsize import rightsize_ports
from fargatecount.cli import options, output
from fargatecount.cli.report import Period
from fargatecount.errors import MisconfiguredError
from fargatecount.matching import did_you_mean, require_matches
from fargatecount.rightsize.advice import AdviceSettings, HeldGroup
from fargatecount.rightsize.document import LoadDocument, RightsizeDocument, RightsizeEntry, SizeDocument, entry, reclaimable_document
from fargatecount.rightsize.survey import LONGEST, PERIOD, groups_of, survey_sizes
from fargatecount.usage.status import held_rows, scope_usage

DAY = 24 * 3600 * 1000
WORDS = {"keep": "fits", "too-little-data": "too little data", "no-metrics": "no metrics"}


@click.command(epilog="Examples: fargatecount rightsize; fargatecount rightsize web/shop --window 4w --margin 30")
@click.argument("names", metavar="[SERVICE]...", nargs=-1)
@options.place
@options.clusters
@options.output
@click.option("--window", type=Period(), default="14d", show_default=True, metavar="PERIOD", help="Use of this period: 7d to 9w.")
@click.option(
    "--margin", type=click.FloatRange(0, 500), default=20.0, show_default=True, metavar="PERCENT", help="Room above what was used."
)
def command(
    *,
    names: tuple[str, ...],
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    window: int,
    margin: float,
    **place: Any,
) -> int:
    """Show what services hold and use, and which smaller cell of the Fargate grid still fits.

    Use comes from AWS/ECS, which every service has; for tasks without a service from Container Insights, where it is on. CPU is judged by
    the 95th percentile of the busiest task, memory by the maximum. Less than a week of data gives no advice. SERVICE is a service, family
    or CLUSTER/SERVICE.
    """
    if not 7 * DAY <= window <= LONGEST:
        raise click.UsageError("--window is from 7d to 9w: a shorter one misses days of the week, and in a longer one services change")
    connection = connect(**place)
    ports = rightsize_ports(connection)
    scope, now = connection.scope(), connection.clock.now()
    usage = scope_usage(ports.ledger, scope, now)
    require_matches(cluster_globs, [each.cluster for each in usage.clusters], noun="cluster")
    select = options.selector(cluster_globs)
    rows = [(key.cluster, row) for key, row in held_rows(ports.ledger, usage) if select(key.cluster)]
    groups = _named(groups_of(rows), names)
    settings = AdviceSettings(margin=margin, since=now - window, until=now, period=PERIOD, prices=ports.prices)
    advice = survey_sizes(groups, ports.loads, settings)
    answer = RightsizeDocument(
        account=scope.account,
        region=scope.region,
        complete=usage.complete,
        window_days=window / DAY,
        margin_percent=margin,
        reclaimable=reclaimable_document(advice, settings),
        groups=[entry(each) for each in advice],
    )
    if as_json or form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([_flat(each) for each in answer.groups])
    elif answer.groups:
        output.show(_render(answer))
        _print_sum(answer)
    else:
        click.echo("Nothing is held.")
    if not usage.complete:
        output.warn("not every cluster could be counted, so groups may be missing: fargatecount status")
    return 0


def _named(groups: Sequence[HeldGroup], names: Sequence[str]) -> list[HeldGroup]:
    """Return the groups of these names: `shop`, `service:shop`, `web/shop`, or all without names."""
    if not names:
        return list(groups)
    found: list[HeldGroup] = []
    for name in names:
        matching = [group for group in groups if name in _spellings(group)]
        if not matching:
            there = [group.key.group.partition(":")[2] or group.key.group for group in groups]
            raise MisconfiguredError(
                f"nothing named {name} is held{did_you_mean(name, there)}", remedy="`fargatecount rightsize` names what there is"
            )
        found += matching
    return found


def _spellings(group: HeldGroup) -> set[str]:
    plain = group.key.group.partition(":")[2] or group.key.group
    own = {plain, group.key.group}
    return own | {f"{cluster}/{name}" for cluster in (group.key.cluster.name, group.key.cluster.key) for name in own}


def _render(answer: RightsizeDocument) -> Any:
    columns = ["SERVICE", "TASKS", "HELD", "CPU % P50/P95/MAX", "MEMORY %", "ADVICE", "FREES VCPU", "USD/MONTH", "CONFIDENCE", "REMARK"]
    rows = [
        [
            f"{each.cluster}/{each.group.partition(':')[2] or each.group}",
            output.number(each.tasks),
            _cell(each.held),
            _load(each.cpu),
            _load(each.memory),
            WORDS.get(each.verdict, f"{each.verdict} to {_cell(each.advised)}"),
            output.number(each.freed_vcpu) if each.advised else "-",
            "?" if each.freed_usd_month is None and each.advised else f"{each.freed_usd_month or 0:,.2f}" if each.advised else "-",
            each.confidence,
            each.remark,
        ]
        for each in answer.groups
    ]
    title = f"Held and used in {answer.window_days:g} days, margin {answer.margin_percent:g} %"
    return output.table(title, columns, rows, texts=("HELD", "CPU % P50/P95/MAX", "MEMORY %", "ADVICE", "CONFIDENCE"))


def _print_sum(answer: RightsizeDocument) -> None:
    total = answer.reclaimable
    kinds = [f"{total.on_demand_vcpu:g} on-demand"] if total.on_demand_vcpu else []
    kinds += [f"{total.spot_vcpu:g} Spot"] if total.spot_vcpu else []
    of = f" ({', '.join(kinds)})" if len(kinds) > 1 else ""
    click.echo(
        f"Reclaimable: {total.vcpu:g} vCPU of quota{of} and {total.usd_month:,.2f} USD a month, in {output.amount(total.groups, 'group')}."
    )
    if total.too_little_data:
        click.echo(f"No advice on {output.amount(total.too_little_data, 'group')} with less than a week of data.")
    if total.without_metrics:
        why = "pods, and tasks without a service where Container Insights is off"
        click.echo(f"No metrics of {output.amount(total.without_metrics, 'group')}: {why}.")


def _cell(size: SizeDocument | None) -> str:
    return "?" if size is None else f"{size.vcpu:g} vCPU {size.memory_gib:g} GiB"


def _load(load: LoadDocument | None) -> str:
    return "?" if load is None else f"{load.p50:.0f}/{load.p95:.0f}/{load.max:.0f}"


def _flat(each: RightsizeEntry) -> dict[str, Any]:
    row = {name: value for name, value in msgspec.structs.asdict(each).items() if name not in {"held", "cpu", "memory", "advised"}}
    for name, size in (("held", each.held), ("advised", each.advised)):
        row |= {f"{name}_vcpu": size and size.vcpu, f"{name}_memory_gib": size and size.memory_gib}
    for name, load in (("cpu", each.cpu), ("memory", each.memory)):
        row |= {f"{name}_{part}": load and getattr(load, part) for part in ("p50", "p95", "max")}
    return row
