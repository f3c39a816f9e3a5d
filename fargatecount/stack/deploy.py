"""A deployment: plan what changes, then change it.

The plan of a stack that does not exist touches nothing. That of an existing one puts the template into the stack's bucket and makes a
change set, which CloudFormation compares with what is deployed; neither changes what runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import MisconfiguredError
from fargatecount.stack.artifact import OF_THE_CODE, TEMPLATE, Artifact, bucket_only
from fargatecount.stack.changes import ResourceChange, check_nothing_lost, new_resources, read_changes
from fargatecount.stack.parameters import choose_values, read_parameters, setting_of
from fargatecount.stack.progress import ChangeSet, StackEvent, Stacks, StackState, check_deployable, follow, past_events, succeeded
from fargatecount.stack.recover import recover_settings


class DeploymentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment will do."""

    name: str
    stage: str
    exists: bool
    version_before: str
    version_after: str
    values_before: Mapping[str, str]
    """The settings that are deployed; none for a new stack."""
    values: Mapping[str, str]
    changes: Sequence[ResourceChange]
    change_set: ChangeSet | None = None
    """None for a new stack, whose bucket must exist first."""

    @property
    def is_hub(self) -> bool:
        """Whether it is the hub of an organization, and not a deployment that counts."""
        return "OrganizationId" in self.values

    @property
    def changed_settings(self) -> list[str]:
        """The settings that change, or that a new stack has unlike the default, as `name: before -> after`."""
        return [
            f"{setting_of(name)}: {_shown(self.values_before.get(name))} -> {_shown(self.values[name])}"
            for name in sorted(self.values_before)
            if name in self.values and name not in _NOT_SETTINGS and self.values_before[name] != self.values[name]
        ]


class DeployOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a deployment ended."""

    state: StackState
    failures: Sequence[StackEvent]

    @property
    def succeeded(self) -> bool:
        """Whether everything is as planned."""
        return succeeded(self.state)


COUNTING, HUB = {"TableName", "TaskQueueUrl"}, {"HubTableName", "UsageQueueUrl"}
"""Outputs by which a stack is known."""
_NOT_SETTINGS = {"Stage", *OF_THE_CODE}


def plan_deployment(
    stacks: Stacks, artifact: Artifact, name: str, given: Mapping[str, str], *, stage: str, must_exist: bool = False
) -> DeploymentPlan:
    """Return what a deployment with these settings changes; everything that is not given stays as it is.

    Raises:
        MisconfiguredError: there is no stack and there must be one, it cannot be changed now, settings contradict each other, the stack is
            none of this program, or the change would lose data.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    state = stacks.state(name)
    check_deployable(state)
    template = artifact.document
    parameters = read_parameters(template)
    if state is None or _is_begun(state):
        if must_exist:
            raise MisconfiguredError(f"there is no stack {name} to upgrade", remedy="create it: fargatecount deploy")
        values = choose_values(parameters, {"Stage": stage}, given)
        defaults = {key: parameter.default for key, parameter in parameters.items()}
        return DeploymentPlan(
            name=name,
            stage=stage,
            exists=False,
            version_before="",
            version_after=artifact.version,
            values_before=defaults,
            values=values,
            changes=new_resources(template, values),
        )
    deployed = _deployed_settings(stacks, state, template)
    values = choose_values(parameters, deployed, given)
    url = stacks.upload(name, _template_key(artifact), artifact.template)
    change_set = stacks.prepare(name, url, values)
    changes = read_changes(change_set.changes, {key for key in values if deployed.get(key) == values[key]})
    try:
        check_nothing_lost(changes)
    except MisconfiguredError:
        stacks.discard(name, change_set)
        raise
    return DeploymentPlan(
        name=name,
        stage=values["Stage"],
        exists=True,
        version_before=state.outputs.get("Version", ""),
        version_after=artifact.version,
        values_before=deployed,
        values=values,
        changes=changes,
        change_set=change_set,
    )


def apply_plan(stacks: Stacks, artifact: Artifact, plan: DeploymentPlan, clock: Clock, show: Callable[[StackEvent], None]) -> DeployOutcome:
    """Make the changes of a plan, and follow them to their end.

    Raises:
        MisconfiguredError: CloudFormation refuses the template, or the stack was deleted meanwhile.
        DeadlineExceededError: it takes longer than an hour, and goes on.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    change_set = plan.change_set
    if change_set is None:
        if stacks.state(plan.name) is None:
            stacks.create(plan.name, bucket_only(artifact.document), {"STAGE": plan.stage, "application": "fargatecount"})
        state, failures = follow(stacks, plan.name, clock, show)
        if state is None or not succeeded(state):
            raise MisconfiguredError(
                f"the bucket of stack {plan.name} could not be created", remedy="; ".join(one.reason for one in failures)
            )
        change_set = stacks.prepare(plan.name, stacks.upload(plan.name, _template_key(artifact), artifact.template), plan.values)
    stacks.upload(plan.name, artifact.code_key, artifact.code)
    known = past_events(stacks, plan.name, clock)
    if change_set.id:
        stacks.execute(plan.name, change_set)
    state, failures = follow(stacks, plan.name, clock, show, known=known)
    if state is None:  # `follow` raises unless a deletion is meant
        raise MisconfiguredError(f"stack {plan.name} was deleted meanwhile", remedy="deploy it again")
    return DeployOutcome(state=state, failures=failures)


def _deployed_settings(stacks: Stacks, state: StackState, template: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings of a stack: its parameters, and what an older template has as fixed values."""
    own, thing = (HUB, "hub") if set(template["Outputs"]) >= HUB else (COUNTING, "deployment that counts")
    if not set(state.outputs) >= own:
        raise MisconfiguredError(
            f"stack {state.name} is no {thing} of fargatecount: it lacks {', '.join(sorted(own - set(state.outputs)))}",
            remedy="name another stage (--stage) or stack (--stack)",
        )
    return {**recover_settings(stacks.template(state.name), template), **state.parameters}


def _is_begun(state: StackState) -> bool:
    """Return whether only the bucket was made so far, as by a deployment that was interrupted."""
    return set(state.outputs) == {"ServerlessDeploymentBucketName"}


def _template_key(artifact: Artifact) -> str:
    return f"fargatecount/{artifact.version}/{hashlib.sha256(artifact.template).hexdigest()[:16]}/{TEMPLATE}"


def _shown(value: str | None) -> str:
    return "(not set)" if value is None else value or "(empty)"
