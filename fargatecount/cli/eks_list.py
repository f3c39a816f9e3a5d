"""`fargatecount eks list`: every EKS cluster, its authentication mode, whether it is enrolled, and which source reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.eks import EksPorts
from fargatecount.cli import output
from fargatecount.clock import Clock
from fargatecount.eks.enrollment.apply import EnrollmentTarget, read_situation
from fargatecount.eks.enrollment.plan import Mode
from fargatecount.errors import FargatecountError
from fargatecount.ledger.clusters import WATCHER, ClusterState, judge
from fargatecount.timestamps import to_iso

T = TypeVar("T")


def run(form: str, place: Mapping[str, Any]) -> int:
    """Show the clusters; return the exit code."""
    connection = connect(**place)
    ports = EksPorts(connection)
    # EKS answers without a deployment, too.
    role, no_role = _tried(connection.reconcile_role)
    known, no_ledger = _tried(lambda: connection.ledger().clusters(connection.scope()))
    states = {state.cluster.arn: state for state in known or ()}
    rows = [_row(ports, connection.clock, name, role, states) for name in ports.api.names()]
    if form == "json":
        output.print_json({"schema": "fargatecount/eks", "version": 1, "role": role, "clusters": rows})
    elif form == "csv":
        output.print_csv([{**row, "profiles": " ".join(row["profiles"])} for row in rows])
    elif rows:
        columns = ["CLUSTER", "ENDPOINT", "AUTHENTICATION", "PROFILES", "ENROLLED", "WATCHER", "READABLE"]
        output.show(output.table("EKS clusters", columns, [_cells(row) for row in rows]))
    else:
        click.echo("There are no EKS clusters here.")
    for what, error in (("the role to enroll", no_role), ("the source that reads them", no_ledger)):
        if error is not None:
            output.warn(f"{what} is not known: {error}" + (f"; {error.remedy}" if error.remedy else ""))
    for row in rows:
        if row["profiles"] and row["readable"] is False:
            output.warn(f"{row['cluster']} is unreadable: {row['reason']}" + (f"; {row['remedy']}" if row["remedy"] else ""))
    return 0


def _tried(ask: Callable[[], T]) -> tuple[T | None, FargatecountError | None]:
    try:
        return ask(), None
    except FargatecountError as error:
        return None, error


def _row(ports: EksPorts, clock: Clock, name: str, role: str | None, states: Mapping[str, ClusterState]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(
        ("cluster", "arn", "status", "private", "authentication_mode", "profiles", "enrolled", "readable", "reason", "remedy", "watcher_at")
    )
    row |= {"cluster": f"EKS-{name}", "profiles": []}
    try:
        described = ports.api.describe(name)
        if described is None:
            return row | {"status": "DELETED"}
        row |= {"arn": described.arn, "status": described.status, "private": described.is_private}
        row["authentication_mode"] = described.authentication_mode
        row["profiles"] = [profile.name for profile in ports.api.profiles(name)]
        if role is not None and row["profiles"]:
            cluster = EnrollmentTarget(name, described.arn.split(":")[3], Mode(described.authentication_mode))
            row["enrolled"] = read_situation(cluster, [role], ports.access, ports.objects(described)).is_enrolled
    except FargatecountError as error:
        row |= {"reason": str(error), "remedy": error.remedy}
    state = states.get(row["arn"])
    if state is not None:
        verdict = judge(state, clock.now())
        watcher = state.sources.get(WATCHER)
        row |= {"readable": verdict.readable, "reason": verdict.reason, "remedy": verdict.remedy}
        row["watcher_at"] = to_iso(watcher.at) if watcher else None
    return row


def _cells(row: Mapping[str, Any]) -> list[str]:
    words = {True: "yes", False: "no", None: "?"}
    return [
        row["cluster"],
        {True: "private", False: "public", None: "?"}[row["private"]],
        row["authentication_mode"] or "?",
        ", ".join(row["profiles"]) or "-",
        words[row["enrolled"]] if row["profiles"] else "-",
        row["watcher_at"] or "-",
        output.state({"readable": row["readable"], "reason": row["reason"] or ("?" if row["profiles"] else "-")}),
    ]
