"""Carrying out a roll-out: the code into each Region, then the operations of the plan, each followed to its end.

CloudFormation goes on by itself after an interruption. The same command finds the operation that runs, follows it, and does the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from fargatecount.clock import Clock
from fargatecount.errors import DeadlineExceededError
from fargatecount.rollout.code_bucket import CodeBuckets, bucket_of, bucket_policy
from fargatecount.rollout.plan import RolledOut, RolloutPlan
from fargatecount.rollout.stack_set import InstanceState, Operation, Preferences, StackInstance, StackSets, Target
from fargatecount.rollout.targets import Organization
from fargatecount.stack.artifact import CODE_BUCKET_PREFIX, TEMPLATE, Artifact
from fargatecount.timestamps import HOUR
from fargatecount.workload import Millis

PAUSE = 5.0
"""Seconds between two looks at an operation; a stack takes two to four minutes."""
RESULTS_A_SECOND = 200
"""Each look lists every result, a hundred a call. With this pause in addition CloudFormation is asked twice a second at most."""
LONGEST: Millis = 12 * HOUR
"""Twenty Regions one after the other, each with a thousand accounts a quarter at a time, are under seven hours."""


@dataclass(frozen=True)
class RolloutPorts:
    """What a roll-out talks to."""

    stack_sets: StackSets
    buckets: CodeBuckets
    clock: Clock
    region: str
    """The Region of the StackSet itself."""
    partition: str


class RolloutOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a roll-out ended."""

    instances: Sequence[StackInstance]
    operation: Operation | None
    """The last operation; None if none was needed."""

    @property
    def failures(self) -> Sequence[StackInstance]:
        """The stacks that are not as wanted; closed accounts are not among them."""
        fine = {InstanceState.CURRENT, InstanceState.WORKING, InstanceState.SUSPENDED}
        return [instance for instance in self.instances if instance.state not in fine]


def standing_of(stack_sets: StackSets, name: str) -> RolledOut:
    """Return what is there; errors as those of the port."""
    found = stack_sets.find(name)
    if found is None:
        return RolledOut()
    return RolledOut(stack_set=found, instances=stack_sets.instances(name), running=stack_sets.running(name))


def upload(ports: RolloutPorts, plan: RolloutPlan, artifact: Artifact, organization: Organization) -> str:
    """Put the code into the bucket of each Region, and the template into that of the StackSet; return the URL of the template."""
    parameters = plan.wanted.stack_set.parameters
    prefix, require_tls = parameters[CODE_BUCKET_PREFIX], parameters["RequireTls"] == "true"
    for each in sorted({*plan.code_regions, ports.region}):
        bucket = bucket_of(prefix, each)
        ports.buckets.ensure(bucket, each, bucket_policy(bucket, organization.id, ports.partition, require_tls=require_tls))
        if not ports.buckets.has(bucket, each, artifact.code_key):
            ports.buckets.put(bucket, each, artifact.code_key, artifact.code)
    digest = hashlib.sha256(artifact.template).hexdigest()[:16]
    key = f"fargatecount/{artifact.version}/{digest}/{TEMPLATE}"
    return ports.buckets.put(bucket_of(prefix, ports.region), ports.region, key, artifact.template)


def roll_out(ports: RolloutPorts, plan: RolloutPlan, template_url: str, show: Callable[[StackInstance], None]) -> RolloutOutcome:
    """Do what the plan says; `show` gets each stack whenever its state changes.

    A failed update stops it: what every stack refuses is not tried on new ones.

    Raises:
        DeadlineExceededError: an operation takes longer than twelve hours, and goes on.
        MisconfiguredError, DeniedError, UnavailableError: as the ports.
    """
    stack_sets, wanted = ports.stack_sets, plan.wanted
    name = wanted.stack_set.name
    operation: Operation | None = None
    if plan.creates:
        stack_sets.create(wanted.stack_set, template_url)
    elif plan.updates:
        operation = follow_operation(ports, name, stack_sets.update(wanted.stack_set, template_url, plan.preferences, None), show)
    elif plan.retried:
        target = Target(
            units=wanted.units,
            regions=tuple(sorted({scope.region for scope in plan.retried})),
            accounts=tuple(sorted({scope.account for scope in plan.retried})),
        )
        operation = follow_operation(ports, name, stack_sets.update(wanted.stack_set, template_url, plan.preferences, target), show)
    if plan.missing and (operation is None or operation.status == "SUCCEEDED"):
        target = Target(units=wanted.units, regions=wanted.regions)
        operation = follow_operation(ports, name, stack_sets.add(name, target, plan.preferences), show)
    return RolloutOutcome(instances=stack_sets.instances(name), operation=operation)


def remove_stacks(
    ports: RolloutPorts, name: str, target: Target, preferences: Preferences, show: Callable[[StackInstance], None]
) -> RolloutOutcome:
    """Delete the stacks of a target, and the StackSet once it has none; errors as for `roll_out`."""
    operation = None
    if target.regions:
        operation = follow_operation(ports, name, ports.stack_sets.take_away(name, target, preferences), show)
    left = ports.stack_sets.instances(name)
    if not left:
        ports.stack_sets.delete(name)
    return RolloutOutcome(instances=[each for each in left if each.scope.region in target.regions], operation=operation)


def follow_operation(ports: RolloutPorts, name: str, operation_id: str, show: Callable[[StackInstance], None]) -> Operation:
    """Wait until an operation has ended; errors as for `roll_out`."""
    seen: dict[object, InstanceState] = {}
    end = ports.clock.now() + LONGEST
    while True:
        operation = ports.stack_sets.operation(name, operation_id)
        results = ports.stack_sets.results(name, operation_id)
        for each in results:
            if seen.get(each.scope) is not each.state:
                seen[each.scope] = each.state
                show(each)
        if operation.ended:
            return operation
        if ports.clock.now() > end:
            raise DeadlineExceededError(
                f"operation {operation_id} of {name} is still {operation.status}", remedy="run the command again later"
            )
        ports.clock.sleep(PAUSE + len(results) / RESULTS_A_SECOND)
