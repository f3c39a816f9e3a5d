"""Bootstrap of the function `task_changed`: the ledger, the dead letters and the refusals. Every import here delays its cold start."""

from __future__ import annotations

import os
from functools import cache, cached_property

from fargatecount.adapters.dynamodb.launches import DynamoLaunches
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.sqs.dead_letters import SqsDeadLetters
from fargatecount.bootstrap.functions.runtime import FunctionRuntime
from fargatecount.ledger.contention import Contention


class TaskChangedRuntime(FunctionRuntime):
    """The runtime of `task_changed`."""

    @cached_property
    def ledger(self) -> DynamoLedger:
        """The ledger in the deployment's table. PynamoDB retries nothing: `record` does, and checks the deadline in between."""
        settings = self.ingest_settings
        ledger = DynamoLedger(settings.table, self.region, buckets=settings.buckets, retries=0, session=self.session)
        ledger.launch_log = DynamoLaunches(ledger.items)
        return ledger

    @cached_property
    def contention(self) -> Contention:
        """What this execution environment knows of other writers, from batch to batch."""
        return Contention()

    @cached_property
    def dead_letters(self) -> SqsDeadLetters:
        """The deployment's dead-letter queue."""
        client = self.session.create_client("sqs", region_name=self.region)
        return SqsDeadLetters(client, self.ingest_settings.dead_letters_url)

    @cached_property
    def refusals(self) -> DynamoRefusals:
        """The refusal log in the deployment's table."""
        return DynamoRefusals(self.ledger.items)


@cache
def runtime() -> TaskChangedRuntime:
    """Return the runtime of this execution environment."""
    return TaskChangedRuntime(os.environ)
