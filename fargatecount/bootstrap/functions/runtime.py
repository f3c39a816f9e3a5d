"""The runtime of a Lambda function: its settings, Region, clock and AWS session, as its environment describes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config

from fargatecount.adapters.dynamodb.launches import DynamoLaunches
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.errors import MisconfiguredError
from fargatecount.settings.environment import IngestSettings

PROMPT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
"""For calls under a lease, which must not outlast it."""


class FunctionRuntime:
    """One execution environment; each part is created on first use and kept."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.clock: Clock = SystemClock()
        self._prompt_clients: dict[str, Any] = {}

    @cached_property
    def ingest_settings(self) -> IngestSettings:
        """The settings that counting needs: a limit that cannot be parsed must not stop it.

        Raises:
            MisconfiguredError: a setting is missing or invalid.
        """
        return IngestSettings.from_env(self.environment)

    @property
    def region(self) -> str:
        """The Region that the process runs in.

        Raises:
            MisconfiguredError: no Region is set.
        """
        region = self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION")
        if not region:
            raise MisconfiguredError("no Region is set", remedy="set AWS_REGION")
        return region

    @cached_property
    def session(self) -> Any:
        """The only botocore session: each new session reads the endpoints again.

        botocore rather than boto3, because PynamoDB has loaded it already and a cold start pays for every import.
        """
        return botocore.session.get_session()

    @cached_property
    def ledger(self) -> DynamoLedger:
        """The ledger in the deployment's table."""
        settings = self.ingest_settings
        ledger = DynamoLedger(settings.table, self.region, buckets=settings.buckets, session=self.session)
        ledger.launch_log = DynamoLaunches(ledger.items)
        return ledger

    def prompt_client(self, service: str) -> Any:
        """Return a client, always the same, for calls that an invocation waits for under its lease."""
        if service not in self._prompt_clients:
            self._prompt_clients[service] = self.session.create_client(service, region_name=self.region, config=PROMPT)
        return self._prompt_clients[service]
