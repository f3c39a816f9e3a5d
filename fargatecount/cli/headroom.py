"""`fargatecount headroom`: does a deployment of a service fit the Fargate quota now?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.headroom import headroom_ports
from fargatecount.cli import options, output
from fargatecount.errors import MisconfiguredError
from fargatecount.quotas.headroom import Service, Services, headroom
from fargatecount.quotas.headroom_document import SCHEMA, VERSION, headroom_entries
from fargatecount.timestamps import to_iso
from fargatecount.usage.status import scope_usage, with_quotas
from fargatecount.usage.usage import free_of
from fargatecount.workload import Cluster, Kind

DOES_NOT_FIT = 1
UNDECIDED = 4


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

    SERVICE is the name of a service, or CLUSTER/SERVICE. Exit code 1: it does not fit. 4: the quota is not known.
    """
    if every == bool(names):
        raise click.UsageError("name services, or ask for --all")
    connection = connect(**place)
    ports = headroom_ports(connection)
    scope, now = connection.scope(), connection.clock.now()
    usage = with_quotas(scope_usage(ports.ledger, scope, now), ports.quotas, now)
    select = options.selector(cluster_globs)
    clusters = [each.cluster for each in usage.clusters if each.cluster.kind is Kind.ECS and select(each.cluster)]
    services = _every(ports.services, clusters) if every else _named(ports.services, clusters, names)
    free = free_of(usage)
    answers = [headroom(service, free, desired=desired, maximum_percent=maximum_percent) for service in services]
    found: list[dict[str, Any]] = msgspec.to_builtins(headroom_entries(answers))
    if as_json or form == "json":
        head = {"schema": SCHEMA, "version": VERSION, "as_of": to_iso(now), "account": scope.account, "region": scope.region}
        output.print_json({**head, "complete": usage.complete, "services": found})
    elif form == "csv":
        output.print_csv([_flat(each) for each in found])
    else:
        output.show(_render(found))
    if not usage.complete:
        output.warn("some clusters are unreadable, so less may be free than shown: fargatecount status")
    verdicts = {each["fits"] for each in found}
    return DOES_NOT_FIT if False in verdicts else UNDECIDED if None in verdicts else 0


def _every(services: Services, clusters: Sequence[Cluster]) -> list[Service]:
    return [service for cluster in clusters for service in services.every(cluster)]


def _named(services: Services, clusters: Sequence[Cluster], names: Sequence[str]) -> list[Service]:
    found = []
    for name in names:
        cluster_name, _, service_name = name.rpartition("/")
        within = [cluster for cluster in clusters if cluster_name in {"", cluster.name}]
        matching = [service for cluster in within for service in services.named(cluster, [service_name])]
        if not matching:
            raise MisconfiguredError(
                f"there is no service {name} on Fargate in the {len(within)} clusters that were searched",
                remedy="name it as CLUSTER/SERVICE; `fargatecount status` lists the known clusters",
            )
        if len(matching) > 1:
            raise MisconfiguredError(
                f"there are {len(matching)} services {name}, in {', '.join(service.cluster.name for service in matching)}",
                remedy="name it as CLUSTER/SERVICE",
            )
        found += matching
    return found


def _render(found: Sequence[dict[str, Any]]) -> Any:
    columns = ["SERVICE", "RUNNING", "DESIRED", "MAX %", "PEAK", "CAPACITY", "NEEDS VCPU", "FREE VCPU", "FITS"]
    rows = []
    for each in found:
        for i, capacity in enumerate(each["capacities"]):
            first = i == 0
            numbers = [output.number(each[name]) if first else "" for name in ("running", "desired", "maximum_percent", "peak")]
            vcpus = [output.number(capacity["needs_vcpu"]), output.number(capacity["free_vcpu"])]
            name = f"{each['cluster']}/{each['service']}" if first else ""
            rows.append([name, *numbers, capacity["capacity"], *vcpus, _verdict(each) if first else ""])
    return output.table("Headroom", columns, rows)


def _verdict(each: dict[str, Any]) -> str:
    if each["fits"] is None:
        return "the quota is not known"
    if each["fits"]:
        return f"yes, up to {each['largest_desired']} desired"
    percent = each["largest_maximum_percent"]
    return f"NO; {each['largest_desired']} desired would" + (f", or {percent} % at most" if percent is not None else "")


def _flat(each: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in each.items() if name != "capacities"}
    for name in ("on-demand", "spot"):
        of: dict[str, Any] = next((capacity for capacity in each["capacities"] if capacity["capacity"] == name), {})
        plain |= {f"{name}_needs_vcpu": of.get("needs_vcpu"), f"{name}_free_vcpu": of.get("free_vcpu")}
    return plain
