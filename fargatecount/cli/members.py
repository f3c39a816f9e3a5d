"""`fargatecount organization status` and `members`: how the StackSet stands, and which accounts are members."""

from __future__ import annotations

from typing import Any

import click

from fargatecount.bootstrap.commands.rollout import Administration, administration
from fargatecount.cli import options, output
from fargatecount.cli.rollout_text import print_rollout
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.rollout.carry_out import standing_of
from fargatecount.rollout.document import rollout_document
from fargatecount.rollout.members import Member, MembersDocument, Membership, members_document
from fargatecount.rollout.wish import stack_set_of

SHOWN = 40
"""Rows of a table, those that need attention first; `-o wide` shows all."""
COLORS = {Membership.REPORTS: "green", Membership.CLOSED: "bright_black", Membership.RETIRED: "bright_black", Membership.DEPLOYED: "cyan"}
NOT_COMPLETE = 1


@click.command(name="status", epilog="Example: fargatecount organization status -o wide")
@click.option("--strict", is_flag=True, help="Exit with 1 unless every stack is current.")
@options.output
@options.administration
def status(*, strict: bool, form: str, as_json: bool, stage: str, **place: Any) -> int:
    """Show the stack of every account and Region in the StackSet, and why it is not current."""
    admin = administration(stage=stage, **place)
    output.note_endpoint(admin.connection.local_endpoint)
    name = stack_set_of(stage)
    standing = standing_of(admin.ports.stack_sets, name)
    if standing.stack_set is None:
        raise MisconfiguredError(
            f"there is no StackSet {name} in {admin.connection.region}",
            remedy="fargatecount organization deploy makes it; else check --region, --profile and --stage",
        )
    accounts, problem = _accounts(admin)
    document = rollout_document(
        name, standing.stack_set, standing.instances, standing.running, {account.id: account for account in accounts or ()}
    )
    print_rollout(document, form="json" if as_json else form)
    if problem:
        output.warn(f"the names of accounts are not known: {problem}")
    if standing.running:
        output.warn(f"CloudFormation works on it ({standing.running.action}): the command deploy or upgrade follows it")
    return NOT_COMPLETE if strict and not document.complete else 0


@click.command(name="members", epilog="Example: fargatecount organization members")
@click.option("--strict", is_flag=True, help="Exit with 1 unless every account of the organization reports.")
@options.output
@options.administration
def members(*, strict: bool, form: str, as_json: bool, stage: str, **place: Any) -> int:
    """Compare the accounts of the organization with what was rolled out and with what reports to the hub.

    An account without a deployment is not known: what runs there is not 0, it is not counted.
    """
    admin = administration(stage=stage, **place)
    output.note_endpoint(admin.connection.local_endpoint)
    records = admin.scopes()
    accounts, organizations_error = _accounts(admin)
    instances, stack_set_error = None, ""
    try:
        instances = standing_of(admin.ports.stack_sets, stack_set_of(stage)).instances
    except FargatecountError as error:
        stack_set_error = str(error)
    document = members_document(
        accounts,
        instances,
        records,
        admin.connection.clock.now(),
        silent_after=admin.silent_after(),
        organizations_error=organizations_error,
        stack_set_error=stack_set_error,
    )
    if as_json or form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(document.members, Member)
    else:
        output.show(_table(document, wide=form == "wide"))
    for text in _doubts(document):
        output.warn(text)
    total = document.total
    return NOT_COMPLETE if strict and (total.not_known != 0 or total.silent) else 0


def _accounts(admin: Administration) -> tuple[list[OrganizationAccount] | None, str]:
    try:
        return list(admin.accounts()), ""
    except FargatecountError as error:
        return None, str(error)


def _table(document: MembersDocument, *, wide: bool) -> Any:
    order = {Membership.UNKNOWN: 0, Membership.FAILED: 1, Membership.SILENT: 2, Membership.DEPLOYED: 3, Membership.REPORTS: 4}
    ranked = sorted(document.members, key=lambda member: (order.get(member.membership, 9), member.account, member.region or ""))
    shown = ranked if wide else ranked[:SHOWN]
    columns = ["ACCOUNT", "NAME", *(["UNIT"] if wide else []), "REGION", "STATE", "VERSION", "DEPLOYED BY"]
    rows: list[list[str | output.Colored]] = [_row(member, wide=wide) for member in shown]
    if len(ranked) > len(shown):
        rows.append([f"{len(ranked) - len(shown)} more", "-o wide shows them", *([""] * (len(columns) - 2))])
    total = document.total
    accounts = "accounts not known" if total.accounts is None else output.amount(total.accounts, "account")
    footer = [
        "total",
        accounts,
        *([""] if wide else []),
        output.amount(total.reporting + total.silent, "scope"),
        f"{total.silent} silent",
        "",
        "",
    ]
    return output.table("Members", columns, rows, footer=footer, texts=("NAME", "UNIT", "REGION", "STATE", "VERSION"))


def _row(member: Member, *, wide: bool) -> list[str | output.Colored]:
    return [
        member.account,
        member.account_name or "",
        *([member.unit or ""] if wide else []),
        member.region or "-",
        output.Colored(member.membership, COLORS.get(member.membership, "yellow")),
        member.fargatecount or "-",
        member.deployed_by or "-",
    ]


def _doubts(document: MembersDocument) -> list[str]:
    texts = []
    if document.total.not_known:
        texts.append(
            f"{output.amount(document.total.not_known, 'account')} of the organization without a deployment: what runs there is not known;"
            " fargatecount organization deploy --ou … --regions … makes them members"
        )
    if document.organizations_error:
        texts.append(f"accounts without a deployment are not known: {document.organizations_error}")
    if document.stack_set_error:
        texts.append(f"what was rolled out is not known: {document.stack_set_error}")
    return texts
