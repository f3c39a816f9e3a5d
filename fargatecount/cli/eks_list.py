"""`fargatecount eks list`: every EKS cluster, its authentication mode, whether it is enrolled, and which source reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
import msgspec

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.eks import EksPorts
from fargatecount.cli import output
from fargatecount.clock import Clock
from fargatecount.eks.enrollment.apply import EnrollmentTarget, read_situation
from fargatecount.eks.enrollment.document import EksDocument, ListedEksCluster, ListedProfile
from fargatecount.eks.enrollment.plan import Mode
from fargatecount.eks.profiles import Profile
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import WATCHER, ClusterState, judge
from fargatecount.ledger.queries import rows_of
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import LedgerReader
from fargatecount.timestamps import to_iso
from fargatecount.workload import CPU_UNITS_PER_VCPU, HELD

T = TypeVar("T")

DELETED = "DELETED"
"""Status of a cluster that vanished between two calls."""


def run(form: str, place: Mapping[str, Any]) -> int:
    """Show the clusters; return the exit code."""
    connection = connect(**place)
    ports = EksPorts(connection)
    # EKS answers without a deployment, too.
    role, no_role = _tried(connection.reconcile_role)
    known, no_ledger = _tried(lambda: connection.ledger().clusters(connection.scope()))
    states = {state.cluster.arn: state for state in known or ()}
    clusters = [_cluster(ports, connection.clock, name, role, states) for name in ports.api.names()]
    if known is not None:
        # What is on the profiles of a cluster that is not readable is not known, and not 0.
        clusters = [
            _with_pods(each, _on_profiles(connection.ledger(), states[each.arn])) if each.readable and each.arn in states else each
            for each in clusters
        ]
    if form == "json":
        output.print_json(EksDocument(role=role, clusters=clusters))
    elif form == "csv":
        output.print_csv([_flat(each) for each in clusters])
    elif clusters:
        columns = ["CLUSTER", "ENDPOINT", "AUTHENTICATION", "PROFILES", "ENROLLED", "WATCHER", "READABLE"]
        output.show(output.table("EKS clusters", columns, [_cells(each) for each in clusters]))
        profiles = [_profile_cells(each.cluster, profile) for each in clusters for profile in each.profile_details]
        if profiles:
            columns = ["PROFILE", "STATUS", "SELECTORS", "PODS", "VCPU"]
            output.show(output.table("Fargate profiles", columns, profiles, texts=("STATUS", "SELECTORS")))
    else:
        click.echo("There are no EKS clusters here.")
    for what, error in (("the role to enroll", no_role), ("the source that reads them", no_ledger)):
        if error is not None:
            output.warn(f"{what} is not known: {error}" + (f"; {error.remedy}" if error.remedy else ""))
    for each in clusters:
        if each.profiles and each.readable is False:
            output.warn(f"{each.cluster} is unreadable: {each.reason}" + (f"; {each.remedy}" if each.remedy else ""))
    return 0


def _tried(ask: Callable[[], T]) -> tuple[T | None, FargatecountError | None]:
    try:
        return ask(), None
    except FargatecountError as error:
        return None, error


def _cluster(ports: EksPorts, clock: Clock, name: str, role: str | None, states: Mapping[str, ClusterState]) -> ListedEksCluster:
    found = _described(ports, name, role)
    state = states.get(found.arn or "")
    if state is None:
        return found
    verdict, watcher = judge(state, clock.now()), state.sources.get(WATCHER)
    return msgspec.structs.replace(
        found,
        readable=verdict.readable,
        reason=verdict.reason,
        remedy=verdict.remedy,
        watcher_at=to_iso(watcher.at) if watcher else None,
    )


def _described(ports: EksPorts, name: str, role: str | None) -> ListedEksCluster:
    found = ListedEksCluster(cluster=f"EKS-{name}")
    try:
        described = ports.api.describe(name)
        if described is None:
            return msgspec.structs.replace(found, status=DELETED)
        found = msgspec.structs.replace(
            found,
            arn=described.arn,
            status=described.status,
            private=described.is_private,
            authentication_mode=described.authentication_mode,
        )
        profiles = ports.api.profiles(name)
        found = msgspec.structs.replace(
            found, profiles=[profile.name for profile in profiles], profile_details=[_listed(profile) for profile in profiles]
        )
        if role is None or not found.profiles:
            return found
        target = EnrollmentTarget(name, described.arn.split(":")[3], Mode(described.authentication_mode))
        situation = read_situation(target, [role], ports.access, ports.objects(described))
        return msgspec.structs.replace(found, enrolled=situation.is_enrolled)
    except FargatecountError as error:  # what was read before it is kept
        return msgspec.structs.replace(found, reason=str(error), remedy=error.remedy)


def _listed(profile: Profile) -> ListedProfile:
    selectors = [" ".join([each.namespace, *(f"{key}={value}" for key, value in each.labels.items())]) for each in profile.selectors]
    return ListedProfile(name=profile.name, status=profile.status, selectors=selectors)


def _on_profiles(ledger: LedgerReader, state: ClusterState) -> Mapping[str | None, list[Row]]:
    """Return the held pods of a cluster by profile."""
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows_of(ledger, state.cluster).values():
        if row.phase in HELD:
            found[row.facts.profile].append(row)
    return found


def _with_pods(cluster: ListedEksCluster, on: Mapping[str | None, list[Row]]) -> ListedEksCluster:
    details = [
        msgspec.structs.replace(
            each, pods=len(on.get(each.name, ())), vcpu=sum(row.facts.cpu or 0 for row in on.get(each.name, ())) / CPU_UNITS_PER_VCPU
        )
        for each in cluster.profile_details
    ]
    return msgspec.structs.replace(cluster, profile_details=details)


def _flat(cluster: ListedEksCluster) -> dict[str, Any]:
    row = {name: value for name, value in msgspec.structs.asdict(cluster).items() if name != "profile_details"}
    return {**row, "profiles": " ".join(cluster.profiles)}


def _profile_cells(cluster: str, profile: ListedProfile) -> list[str]:
    name = f"{cluster}/{profile.name}"
    return [name, profile.status, "; ".join(profile.selectors) or "-", output.number(profile.pods), output.number(profile.vcpu)]


def _cells(cluster: ListedEksCluster) -> list[str]:
    words = {True: "yes", False: "no", None: "?"}
    return [
        cluster.cluster,
        {True: "private", False: "public", None: "?"}[cluster.private],
        cluster.authentication_mode or "?",
        ", ".join(cluster.profiles) or "-",
        words[cluster.enrolled] if cluster.profiles else "-",
        cluster.watcher_at or "-",
        output.state(readable=cluster.readable, reason=cluster.reason or ("?" if cluster.profiles else "-")),
    ]
