"""`fargatecount headroom`: does a deployment of a service fit the Fargate quota now?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.headroom import HeadroomPorts, headroom_ports
from fargatecount.cli import options, output
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.matching import did_you_mean, require_matches
from fargatecount.quotas.headroom import Headroom, Service, Services, headroom
from fargatecount.quotas.headroom_document import CapacityNeed, HeadroomDocument, HeadroomEntry, headroom_entries
from fargatecount.quotas.launch_rates import LaunchQuotas, LaunchRate
from fargatecount.rightsize.advice import AdviceSettings
from fargatecount.rightsize.headroom import fits_after_reclaiming
from fargatecount.rightsize.survey import PERIOD, groups_of, survey_sizes
from fargatecount.timestamps import DAY, to_iso
from fargatecount.usage.status import held_rows, scope_usage, with_quotas
from fargatecount.usage.usage import ScopeUsage, free_of
from fargatecount.workload import Cluster, Kind, Millis

DOES_NOT_FIT = 1
UNDECIDED = 4
WINDOW = 14 * DAY
"""Time of which the use of other services is read, if a deployment does not fit."""
NOT_LISTED = "the first full reconcile begins within a minute of a deployment; or run now: fargatecount reconcile"
NAMED = 5
"""Services whose launches take longest that are named."""


@click.command(epilog="Examples: fargatecount headroom web/shop --desired 40; fargatecount headroom --all --cluster 'prod-*'")
@click.argument("names", metavar="[SERVICE]...", nargs=-1)
@options.place
@options.clusters
@options.output
@click.option("--all", "every", is_flag=True, help="Every service, each by itself.")
@click.option("--desired", type=click.IntRange(0), metavar="N", help="Desired count; default: the service's own.")
@click.option(
    "--maximum-percent", type=click.IntRange(100), metavar="P", help="maximumPercent of the deployment; default: the service's own."
)
def command(
    *,
    names: tuple[str, ...],
    cluster_globs: tuple[str, ...],
    form: str,
    as_json: bool,
    every: bool,
    desired: int | None,
    maximum_percent: int | None,
    **place: Any,
) -> int:
    """Check whether a deployment of a service fits the quota now.

    SERVICE is the name of a service, or CLUSTER/SERVICE. Exit code 1: it does not fit, or cannot progress. 4: that is not known, because
    the quota is not, or not every cluster could be counted.
    """
    if every == bool(names):
        raise click.UsageError("name services, or ask for --all")
    connection = connect(**place)
    ports = headroom_ports(connection)
    scope, now = connection.scope(), connection.clock.now()
    usage = with_quotas(scope_usage(ports.ledger, scope, now), ports.quotas, now)
    known = [each.cluster for each in usage.clusters if each.cluster.kind is Kind.ECS]
    require_matches(cluster_globs, known, noun="ECS cluster")
    select = options.selector(cluster_globs)
    clusters = [cluster for cluster in known if select(cluster)]
    try:
        services = _every(ports.services, clusters) if every else _named(ports.services, clusters, names)
    except MisconfiguredError as error:
        if usage.has_every_cluster:
            raise
        output.error(f"not known yet: {error}, and not all clusters have been listed", NOT_LISTED, exit_code=UNDECIDED)
        return UNDECIDED
    free = free_of(usage)
    found = [headroom(service, free, desired=desired, maximum_percent=maximum_percent) for service in services]
    answer = HeadroomDocument(
        as_of=to_iso(now),
        account=scope.account,
        region=scope.region,
        complete=usage.complete,
        services=_with_reclaiming(found, ports, usage, now),
    )
    if as_json or form == "json":
        output.print_json(answer)
    elif form == "csv":
        output.print_csv([_flat(each) for each in answer.services])
    else:
        output.show(_render(answer.services))
    if not usage.complete or not usage.has_every_cluster:
        output.warn("not every cluster could be counted, so what is free is not exactly known: fargatecount status")
    if form in {"table", "wide"} and not as_json:
        _say_how_long(answer.services)
    verdicts = {each.succeeds for each in found} | ({None} if every and not usage.has_every_cluster else set())
    return DOES_NOT_FIT if False in verdicts else UNDECIDED if None in verdicts else 0


def _with_reclaiming(found: Sequence[Headroom], ports: HeadroomPorts, usage: ScopeUsage, now: Millis) -> list[HeadroomEntry]:
    """Return the entries; for those that do not fit, whether they would if other services had the size that is advised."""
    entries = headroom_entries(found, _rates(ports.launch_quotas))
    if all(each.fits is not False for each in found):
        return entries
    settings = AdviceSettings(since=now - WINDOW, until=now, period=PERIOD, prices=ports.prices)
    groups = groups_of((key.cluster, row) for key, row in held_rows(ports.ledger, usage))
    try:
        advice = survey_sizes(groups, ports.loads, settings)
    except FargatecountError as error:
        output.warn(f"whether smaller sizes of other services would help is not known: {error}")
        return entries
    return [
        msgspec.structs.replace(entry, fits_after_reclaiming=fits_after_reclaiming(each, advice))
        for entry, each in zip(entries, found, strict=True)
    ]


def _rates(source: LaunchQuotas) -> Sequence[LaunchRate]:
    """Return the launch quotas; none where they cannot be read: whether a deployment fits does not depend on them."""
    try:
        return source.launch_rates()
    except FargatecountError as error:
        output.warn(f"how long a deployment takes is not known: {error}")
        return ()


def _say_how_long(found: Sequence[HeadroomEntry]) -> None:
    slow = [each for each in found if each.launch_seconds]
    for each in sorted(slow, key=lambda each: -(each.launch_seconds or 0))[:NAMED]:
        seconds = output.number(each.launch_seconds)
        click.echo(f"{each.cluster}/{each.service}: {each.desired} launches take {seconds} s at least, by the launch quotas")


def _every(services: Services, clusters: Sequence[Cluster]) -> list[Service]:
    return [service for cluster in clusters for service in services.every(cluster)]


def _named(services: Services, clusters: Sequence[Cluster], names: Sequence[str]) -> list[Service]:
    found = []
    for name in names:
        cluster_name, _, service_name = name.rpartition("/")
        within = _within(clusters, cluster_name)
        matching = [service for cluster in within for service in services.named(cluster, [service_name])]
        if not matching:
            there = [service.name for service in _every(services, within)]
            raise MisconfiguredError(
                f"there is no service {name} on Fargate in {output.amount(len(within), 'cluster')}{did_you_mean(service_name, there)}",
                remedy="name it as CLUSTER/SERVICE; `fargatecount headroom --all` names the services that there are",
            )
        if len(matching) > 1:
            raise MisconfiguredError(
                f"there are {len(matching)} services {name}, in {', '.join(service.cluster.name for service in matching)}",
                remedy="name it as CLUSTER/SERVICE",
            )
        found += matching
    return found


def _within(clusters: Sequence[Cluster], name: str) -> list[Cluster]:
    """Return the clusters of that name (`web`) or key (`ECS-web`); all of them where the name is empty."""
    within = [cluster for cluster in clusters if name in {"", cluster.name, cluster.key}]
    if name and not within:
        raise MisconfiguredError(
            f"no ECS cluster is named {name!r}{did_you_mean(name, [cluster.name for cluster in clusters])}",
            remedy="`fargatecount status` names the clusters that are known",
        )
    return within


def _render(found: Sequence[HeadroomEntry]) -> Any:
    columns = ["SERVICE", "RUNNING", "DESIRED", "MAX %", "PEAK", "CAPACITY", "NEEDS VCPU", "FREE VCPU", "FITS"]
    rows = []
    for each in found:
        for i, capacity in enumerate(each.capacities):
            numbers = (each.running, each.desired, each.maximum_percent, each.peak)
            rows.append(
                [
                    "" if i else f"{each.cluster}/{each.service}",
                    *("" if i else output.number(number) for number in numbers),
                    capacity.capacity,
                    output.number(capacity.needs_vcpu),
                    _free(capacity),
                    "" if i else _verdict(each),
                ]
            )
    return output.table("Headroom", columns, rows)


def _free(capacity: CapacityNeed) -> str:
    if capacity.free_vcpu is None or capacity.free_exact:
        return output.number(capacity.free_vcpu)
    return ("≤" if capacity.free_at_most else "~") + output.number(capacity.free_vcpu)


def _verdict(each: HeadroomEntry) -> str:
    if each.fits is None or (each.fits and each.progresses is None):
        unknown = any(need.free_vcpu is None for need in each.capacities)
        return "the quota is not known" if unknown else "not known: not every cluster could be counted"
    if each.fits and each.progresses is False:
        bounds = f"of {each.desired} desired, {each.minimum_healthy_percent} % healthy and {each.maximum_percent} % at most"
        return f"NO; it fits but cannot progress: {bounds} leave no task to start or stop"
    if each.fits:
        return f"yes, up to {each.largest_desired} desired"
    others = [f"{each.largest_desired} desired would"] if each.largest_desired else []
    if each.largest_maximum_percent is not None:
        others.append(f"{each.largest_maximum_percent} % at most" + ("" if others else " would"))
    if each.fits_after_reclaiming:
        others.append("smaller sizes of other services" + (" would" if not others else "") + ": fargatecount rightsize")
    return f"NO; {', or '.join(others)}" if others else "NO"


def _flat(each: HeadroomEntry) -> dict[str, Any]:
    plain: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(each).items() if name != "capacities"}
    for name in ("on-demand", "spot"):
        need = next((capacity for capacity in each.capacities if capacity.capacity == name), None)
        plain |= {f"{name}_needs_vcpu": need and need.needs_vcpu, f"{name}_free_vcpu": need and need.free_vcpu}
    return plain
