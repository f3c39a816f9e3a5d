"""Refused launches in `fargatecount status`."""

from __future__ import annotations

from collections.abc import Callable

from fargatecount.adapters.dynamodb_refusals import DynamoRefusals
from fargatecount.refusal_log import remember
from fargatecount.refusals import Sign
from tests.builders import BATCH, HOUR, MINUTE, WEB
from tests.cli.conftest import Answer
from tests.deployed import Deployed
from tests.unit.test_refusal_log import refusal

Run = Callable[..., Answer]


def test_refused_launches_are_a_section(here: Deployed, fargatecount: Run) -> None:
    """How many in the last hour, of which service, why in AWS's own words made harmless, and when; for programs as it is."""
    now = here.clock.now()
    here.deliver(here.ecs.run("t1", WEB))
    here.ledger.register(BATCH)
    remember(
        DynamoRefusals(here.ledger.items),
        [
            *(refusal(i, now - MINUTE, reason="quota \x1b[2J[red]") for i in range(2)),
            refusal(2, now, cluster=BATCH, sign=Sign.IMPAIRED, reason="SERVICE_TASK_START_IMPAIRED", for_want=False),
            refusal(3, now - 2 * HOUR),
        ],
    )
    out = fargatecount("status").out
    assert "Launches refused in the last hour: 2; and 1 that failed for other reasons" in out
    assert "service:shop" in out
    assert "quota \\x1b[2J[red]" in out
    (scope,) = fargatecount("status", "--json").json["scopes"]
    impaired, wanted = scope["refused"]
    assert (wanted["reason"], wanted["count"], wanted["cluster"]) == ("quota \x1b[2J[red]", 2, "ECS-web")
    assert (impaired["cluster"], impaired["for_want"]) == ("ECS-batch", False)
    (scope,) = fargatecount("status", "--json", "--cluster", "web").json["scopes"]
    assert [one["cluster"] for one in scope["refused"]] == ["ECS-web"]
