"""`fargatecount eks list`: every EKS cluster with how it lets callers in, whether it is enrolled, and who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from fargatecount.cli import output
from fargatecount.errors import FargatecountError

T = TypeVar("T")


def run(form: str, place: Mapping[str, Any]) -> int:
    """Show the clusters; return the exit code."""
    from fargatecount.bootstrap.connection import connect  # noqa: PLC0415 - boto3 costs 150 ms, and --help does not need it

    connection = connect(**place)
    eks = connection.eks()
    # The clusters are there without a deployment, too.
    role, no_role = _tried(connection.reconcile_role)
    known, no_ledger = _tried(lambda: connection.ledger().clusters(connection.scope()))
    states = {state.cluster.arn: state for state in known or ()}
    rows = [_row(connection, eks, name, role, states) for name in eks.names()]
    if form == "json":
        output.print_json({"schema": "fargatecount/eks", "version": 1, "role": role, "clusters": rows})
    elif form == "csv":
        output.print_csv([{**row, "profiles": " ".join(row["profiles"])} for row in rows])
    elif rows:
        columns = ["CLUSTER", "ENDPOINT", "AUTHENTICATION", "PROFILES", "ENROLLED", "WATCHER", "READABLE"]
        output.show(output.table("EKS clusters", columns, [_cells(row) for row in rows]))
    else:
        click.echo("There are no EKS clusters here.")
    for what, error in (("who is to be enrolled", no_role), ("who reads them", no_ledger)):
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


def _row(connection: Any, eks: Any, name: str, role: str | None, states: Mapping[str, Any]) -> dict[str, Any]:
    from fargatecount.ledger.clusters import WATCHER, judge  # noqa: PLC0415
    from fargatecount.timestamps import to_iso  # noqa: PLC0415

    row: dict[str, Any] = dict.fromkeys(
        ("cluster", "arn", "status", "private", "authentication_mode", "profiles", "enrolled", "readable", "reason", "remedy", "watcher_at")
    )
    row |= {"cluster": f"EKS-{name}", "profiles": []}
    try:
        told = eks.describe(name)
        if told is None:
            return row | {"status": "DELETED"}
        row |= {"arn": told.arn, "status": told.status, "private": told.is_private, "authentication_mode": told.authentication_mode}
        row["profiles"] = [profile.name for profile in eks.profiles(name)]
        if role is not None and row["profiles"]:
            row["enrolled"] = _is_enrolled(connection, told, role)
    except FargatecountError as error:
        row |= {"reason": str(error), "remedy": error.remedy}
    state = states.get(row["arn"])
    if state is not None:
        verdict = judge(state, connection.clock.now())
        watcher = state.sources.get(WATCHER)
        row |= {"readable": verdict.readable, "reason": verdict.reason, "remedy": verdict.remedy}
        row["watcher_at"] = to_iso(watcher.at) if watcher else None
    return row


def _is_enrolled(connection: Any, told: Any, role: str) -> bool | None:
    from fargatecount.eks.enrollment.apply import EnrollmentTarget, look  # noqa: PLC0415
    from fargatecount.eks.enrollment.plan import Mode  # noqa: PLC0415

    place = EnrollmentTarget(told.name, told.arn.split(":")[3], Mode(told.authentication_mode))
    return look(place, [role], connection.eks_access(), connection.kube_objects(told)).is_enrolled


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
