"""What is asked for, as the StackSet that it comes to: the settings of every member, where the code is, and the names.

Pure. Settings that are not given keep their values, as with `fargatecount deploy`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fargatecount.errors import MisconfiguredError
from fargatecount.rollout.stack_set import StackSet
from fargatecount.settings.environment import stack_of
from fargatecount.stack.artifact import CODE_BUCKET_PREFIX, Artifact
from fargatecount.stack.parameters import choose_values, read_parameters

HUB = "HubBusArn"
FUNCTION_PREFIX = "FunctionPrefix"


def stack_set_of(stage: str) -> str:
    """Return the name of the StackSet of a stage."""
    return stack_of(stage)


def wanted_stack_set(
    artifact: Artifact, before: StackSet | None, given: Mapping[str, str], *, stage: str, bucket_prefix: str, hub: str = ""
) -> StackSet:
    """Return the StackSet of this release with these settings; `hub` is the bus of the hub, unless the settings name one.

    Raises:
        MisconfiguredError: settings contradict each other, or no hub is known.
    """
    deployed = before.parameters if before else {"Stage": stage, FUNCTION_PREFIX: stack_of(stage), HUB: hub}
    values = choose_values(read_parameters(artifact.document), deployed, given)
    if not values[HUB]:
        raise MisconfiguredError(
            f"no hub is known for the members of stage {stage}",
            remedy="deploy it in this account and Region (fargatecount deploy --hub), or name its bus: --set hubBusArn=ARN",
        )
    kept = before.parameters.get(CODE_BUCKET_PREFIX) if before else None
    return StackSet(name=stack_set_of(stage), template=artifact.document, parameters={**values, CODE_BUCKET_PREFIX: kept or bucket_prefix})
