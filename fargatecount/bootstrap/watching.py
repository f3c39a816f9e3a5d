"""What the pod watcher drives, found from its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fargatecount.adapters.dynamodb import DynamoLedger
from fargatecount.adapters.dynamodb_refusals import DynamoRefusals
from fargatecount.adapters.sessions import open_session, stack_outputs
from fargatecount.bootstrap.wiring import eks_of
from fargatecount.variables import PREFIX, buckets_from


class Watching:
    """What the pod watcher drives: the deployment's ledger and EKS, both with credentials that refresh themselves."""

    def __init__(self, session: Any, table: str, buckets: int) -> None:
        self.table = table
        # The session itself, whose credentials refresh: taken out of it they would be frozen, and gone after an hour.
        self.ledger = DynamoLedger(table, session.region_name, buckets=buckets, session=session._session)  # noqa: SLF001 - boto3 has no other way
        self.refusals = DynamoRefusals(self.ledger.items)
        self.eks = eks_of(session.client, session.region_name)


def watching(*, region: str | None, environment: Mapping[str, str]) -> Watching:
    """Return what a watcher drives; the table is $FARGATECOUNT_TABLE, else that of stack fargatecount-$FARGATECOUNT_STAGE.

    Raises:
        Misconfigured: there is no Region or no such deployment, or a setting is wrong.
        Denied, Unavailable: AWS could not be asked.
    """
    session = open_session(region=region or environment.get("AWS_REGION"), profile=None, role_arn=None)
    table = environment.get(f"{PREFIX}TABLE") or ""
    deployed: dict[str, str] = {}
    if not table:
        stack = f"fargatecount-{environment.get(f'{PREFIX}STAGE') or 'prod'}"
        outputs = stack_outputs(session.client("cloudformation"), stack)
        table, deployed = outputs["TableName"], {f"{PREFIX}BUCKETS": outputs.get("Buckets", "")}
    return Watching(session, table, buckets_from({**deployed, **environment}))
