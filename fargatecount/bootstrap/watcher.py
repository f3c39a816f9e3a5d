"""Bootstrap of the pod watcher: its ports, found from its environment."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from functools import partial
from typing import Any

from fargatecount.adapters.dynamodb.launches import DynamoLaunches
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.sessions import open_core_session
from fargatecount.adapters.stacks import stack_outputs
from fargatecount.bootstrap.eks import eks_api
from fargatecount.settings.environment import PREFIX, buckets_from, stack_of
from fargatecount.settings.owners import owner_label_from

SHARED = {f"{PREFIX}BUCKETS": "Buckets", f"{PREFIX}OWNER_LABEL": "OwnerLabel"}
"""The settings that the watcher shares with the functions, and the outputs of the stack that have them."""


class WatcherPorts:
    """The deployment's ledger, its refusal log, and EKS, all with credentials that refresh themselves."""

    def __init__(self, session: Any, region: str, table: str, buckets: int, owner_label: str = "") -> None:
        self.table = table
        self.owner_label = owner_label
        # The session itself, because its credentials refresh: a frozen copy expires after an hour.
        self.ledger = DynamoLedger(table, region, buckets=buckets, session=session)
        self.ledger.launch_log = DynamoLaunches(self.ledger.items)
        self.refusals = DynamoRefusals(self.ledger.items)
        self.eks = eks_api(session.create_client, region)
        # botocore keeps the endpoints of all services in memory to make further clients: 7 MB. The watcher makes no further client.
        session.get_component("data_loader")._cache.clear()  # noqa: SLF001 - botocore has no public way


def watcher_ports(*, region: str | None, environment: Mapping[str, str]) -> WatcherPorts:
    """Return the ports of a watcher; the table is $FARGATECOUNT_TABLE, else that of the stack that the environment names.

    Raises:
        MisconfiguredError: there is no Region or no such deployment, or a setting is wrong.
        DeniedError, UnavailableError: AWS refused or did not answer.
    """
    session = open_core_session(region=region or environment.get("AWS_REGION"), profile=None, role_arn=None)
    region = str(session.get_config_variable("region"))
    table = environment.get(f"{PREFIX}TABLE") or ""
    deployed: dict[str, str] = {}
    if not table:
        stack = environment.get(f"{PREFIX}STACK") or stack_of(environment.get(f"{PREFIX}STAGE") or "prod")
        outputs = stack_outputs(partial(session.create_client, region_name=region), stack)
        table, deployed = outputs["TableName"], {name: outputs.get(output, "") for name, output in SHARED.items()}
    settings = {**deployed, **environment}
    ports = WatcherPorts(session, region, table, buckets_from(settings), owner_label_from(settings))
    del session
    gc.collect()  # the session is part of reference cycles
    return ports
