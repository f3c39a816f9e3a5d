"""What `organization deploy`, `upgrade`, `remove` and `status` print: the plan in words, the stacks, and the failures by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fargatecount.cli import output
from fargatecount.rollout.causes import FailureCause
from fargatecount.rollout.code_bucket import bucket_of
from fargatecount.rollout.document import RolloutDocument, RolloutStack
from fargatecount.rollout.plan import RolloutPlan
from fargatecount.rollout.stack_set import InstanceState, StackSet
from fargatecount.stack.artifact import CODE_BUCKET_PREFIX
from fargatecount.workload import Scope

SHOWN = 40
"""Stacks of a table, those that are not current first; `-o wide` shows all."""
NAMED = 5
"""Accounts and Regions that a warning names."""
COLORS = {"current": "green", "working": "cyan", "suspended": "bright_black"}


def plan_in_words(plan: RolloutPlan, region: str) -> Iterator[str]:
    """Yield what a roll-out does, a line each."""
    name = plan.wanted.stack_set.name
    versions = plan.version_after if plan.version_before in {"", plan.version_after} else f"{plan.version_before} -> {plan.version_after}"
    yield f"{'A new StackSet' if plan.creates else 'StackSet'} {name} in {region}, version {versions}:"
    yield f"  hub: {plan.wanted.stack_set.parameters['HubBusArn']}"
    if plan.updates:
        yield "  every stack is updated"
    if plan.changed_settings:
        yield f"  settings: {'; '.join(plan.changed_settings)}"
    if plan.missing:
        yield f"  {output.amount(len(plan.missing), 'stack')} to be made: {_by_region(plan.missing)}"
    if plan.retried and not plan.updates:
        yield f"  {output.amount(len(plan.retried), 'stack')} to be tried again: {_by_region(plan.retried)}"
    if plan.closed:
        yield f"  left out, closed: {', '.join(f'{one.id} {one.name}' for one in plan.closed)}"
    if plan.management is not None:
        yield f"  left out: {plan.management.id} {plan.management.name}, the management account: run fargatecount deploy there"
    if plan.outside:
        yield f"  not named, and left as they are: {_by_region(plan.outside)}"
    if plan.nothing_to_do:
        yield "  nothing to do: every stack is as wanted"
    else:
        tolerated = output.amount(plan.preferences.tolerated, "failure")
        yield f"  {output.amount(plan.preferences.concurrent, 'account')} at a time in each Region, {tolerated} tolerated there"


def _by_region(scopes: Sequence[Scope]) -> str:
    counted = Counter(scope.region for scope in scopes)
    return ", ".join(f"{region} {output.amount(number, 'account')}" for region, number in sorted(counted.items()))


def kept_after(stack_set: StackSet, regions: Sequence[str]) -> Iterator[str]:
    """Yield what outlives a removal, and the commands that delete it."""
    yield "Kept: in each account the table with its rows and the bucket with its reports."
    yield "The hub shows these scopes as silent until they are retired: fargatecount organization retire --account … --from-region …"
    prefix = stack_set.parameters.get(CODE_BUCKET_PREFIX, "")
    if prefix:
        yield "Kept here: the code. To delete it, once no StackSet needs it:"
        yield from (f"  aws s3 rb --force s3://{bucket_of(prefix, region)} --region {region}" for region in regions)


def print_rollout(document: RolloutDocument, *, form: str, thing: str = "") -> None:
    """Print the stacks in a format, and why they are not current as warnings."""
    if form == "json":
        output.print_json(document)
    elif form == "csv":
        output.print_structs_csv(document.stacks, RolloutStack)
    elif document.stacks:
        output.show(_table(document, wide=form == "wide", thing=thing))
    for text in _failures(document.stacks):
        output.warn(text)


def _table(document: RolloutDocument, *, wide: bool, thing: str) -> Any:
    ranked = sorted(document.stacks, key=lambda stack: (stack.state == "current", stack.account, stack.region))
    shown = ranked if wide else ranked[:SHOWN]
    columns = ["ACCOUNT", "NAME", "REGION", "STATE", *(["REASON"] if wide else [])]
    rows: list[list[str | output.Colored]] = [
        [
            stack.account,
            stack.account_name or "",
            stack.region,
            output.Colored(
                f"{stack.state}{f': {stack.cause}' if stack.cause and stack.cause != FailureCause.OTHER else ''}",
                COLORS.get(stack.state, "red"),
            ),
            *([stack.reason] if wide else []),
        ]
        for stack in shown
    ]
    if len(ranked) > len(shown):
        rows.append([f"{len(ranked) - len(shown)} more", "-o wide shows them", *([""] * (len(columns) - 2))])
    counted = Counter(stack.state for stack in document.stacks)
    title = f"StackSet {document.stack_set}, version {document.deployed or 'unknown'}{f', {thing}' if thing else ''}"
    footer = ["", "", "", ", ".join(f"{number} {state}" for state, number in sorted(counted.items())), *([""] if wide else [])]
    return output.table(title, columns, rows, footer=footer, texts=("NAME", "REGION", "STATE"))


def _state(stack: RolloutStack) -> str:
    return f"{stack.state}: {stack.cause}" if stack.cause and stack.cause != FailureCause.OTHER else stack.state


def _failures(stacks: Sequence[RolloutStack]) -> Iterator[str]:
    """Yield one text for each cause that can be mended: where, what CloudFormation says first, and what helps."""
    by_cause: dict[tuple[str, str], list[RolloutStack]] = {}
    for stack in stacks:
        if stack.cause and stack.state != InstanceState.SUSPENDED:
            by_cause.setdefault((stack.cause, stack.remedy), []).append(stack)
    for (cause, remedy), found in by_cause.items():
        named = ", ".join(f"{stack.account} {stack.region}" for stack in found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        reason = next((stack.reason for stack in found if stack.reason), "")
        what = "failed" if cause == FailureCause.OTHER else cause
        yield f"{what} ({named}{more}){f': {reason}' if reason else ''}; {remedy}"
