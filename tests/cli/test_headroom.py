"""`fargatecount headroom`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.workload import Capacity, Kind
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, SCOPE, WEB, seen
from tests.support.deployed import Deployed

Run = Callable[..., Answer]


@pytest.fixture(scope="module")
def account(shared: Deployed) -> Deployed:
    """Two clusters under a quota of 4 vCPU of which a quarter is held; the quota of Spot is not known."""
    now = shared.clock.now()
    shared.deliver(seen(observed_at=now))
    for kind in Kind:
        shared.ledger.discovered(SCOPE, kind, now)
    shared.ledger.passed(SCOPE, now)
    for cluster in (WEB, BATCH):
        shared.ledger.note(cluster, RECONCILER, Readability(readable=True, at=now, listed_at=now))
    quota = Quota(capacity=Capacity.ON_DEMAND, value=4.25, source=Origin.APPLIED, read_at=now)
    DynamoQuotas(shared.ledger.items).keep(SCOPE, [quota])
    shared.ecs.serve("shop", WEB, desiredCount=2, runningCount=2)
    shared.ecs.serve("large", WEB, cpu="4096", desiredCount=2, runningCount=0)
    shared.ecs.serve("twin", WEB)
    shared.ecs.serve("twin", BATCH)
    shared.ecs.serve("spot", BATCH, launchType=None, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    return shared


@pytest.mark.usefixtures("account")
def test_what_fits_is_a_yes(fargatecount: Run) -> None:
    """Exit code 0, and how far one could go."""
    answer = fargatecount("headroom", "web/shop", "--json")
    assert answer.code == 0
    assert (answer.json["schema"], answer.json["version"], answer.json["complete"]) == ("fargatecount/headroom", 1, True)
    (found,) = answer.json["services"]
    assert (found["cluster"], found["service"], found["desired"], found["peak"], found["fits"]) == ("ECS-web", "shop", 2, 4, True)
    exact = {"free_vcpu": 4.0, "free_at_most": False, "free_exact": True}
    assert found["capacities"] == [{"capacity": "on-demand", "needs_vcpu": 2.0} | exact]
    assert found["largest_desired"] == 3


@pytest.mark.usefixtures("account")
def test_what_does_not_fit_is_a_no(fargatecount: Run) -> None:
    """Exit code 1, with what would fit, before a pipeline deploys it."""
    answer = fargatecount("headroom", "shop", "--desired", "6")
    assert answer.code == 1
    assert "NO; 3 desired would" in answer.out


@pytest.mark.usefixtures("account")
def test_another_percent_may_fit(fargatecount: Run) -> None:
    """A lower percentage fits; one that leaves no task to start or stop is a no, for the deployment hangs."""
    assert fargatecount("headroom", "shop", "--desired", "5", "--maximum-percent", "120").code == 0
    answer = fargatecount("headroom", "shop", "--desired", "6", "--maximum-percent", "100")
    assert (answer.code, "it fits but cannot progress" in answer.out) == (1, True)


@pytest.mark.usefixtures("account")
def test_an_unknown_quota_is_undecided(fargatecount: Run) -> None:
    """Exit code 4: neither yes nor no."""
    answer = fargatecount("headroom", "spot")
    assert answer.code == 4
    assert "the quota is not known" in answer.out


@pytest.mark.usefixtures("account")
def test_every_service_by_itself(fargatecount: Run) -> None:
    """One line each; a single no is the answer."""
    answer = fargatecount("headroom", "--all", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert answer.code == 1
    assert {(row["cluster"], row["service"]): row["fits"] for row in rows} == {
        ("ECS-batch", "spot"): "",
        ("ECS-batch", "twin"): "true",
        ("ECS-web", "large"): "false",
        ("ECS-web", "shop"): "true",
        ("ECS-web", "twin"): "true",
    }


@pytest.mark.usefixtures("account")
def test_a_name_in_two_clusters_must_be_told_apart(fargatecount: Run) -> None:
    """Wrong use, with the remedy; a cluster before the name, or --cluster, decides."""
    answer = fargatecount("headroom", "twin")
    assert (answer.code, "CLUSTER/SERVICE" in answer.err) == (2, True)
    assert fargatecount("headroom", "batch/twin").code == 0
    assert fargatecount("headroom", "twin", "--cluster", "web").code == 0


@pytest.mark.usefixtures("account")
def test_a_service_that_is_not_there(fargatecount: Run) -> None:
    """It is named, and no answer is given."""
    answer = fargatecount("headroom", "web/nobody")
    assert answer.code == 2
    assert "web/nobody" in answer.err


@pytest.mark.parametrize("arguments", [(), ("shop", "--all")], ids=["neither", "both"])
def test_names_or_all(fargatecount: Run, arguments: tuple[str, ...]) -> None:
    """One of the two."""
    assert fargatecount("headroom", *arguments).code == 2


def test_a_large_deployment_takes_its_time(account: Deployed, fargatecount: Run) -> None:
    """300 launches at a burst of 100 and 20 a second: ten seconds, and twenty at an applied rate of 10; of Spot no rate is known."""
    answer = fargatecount("headroom", "shop", "--desired", "300")
    assert "ECS-web/shop: 300 launches take 10 s at least, by the launch quotas" in answer.out
    account.quotas.rates = {"Fargate On-Demand Sustained Launch Rate": 10.0}
    assert fargatecount("headroom", "shop", "--desired", "300", "--json").json["services"][0]["launch_seconds"] == 20
    assert fargatecount("headroom", "spot", "--json").json["services"][0]["launch_seconds"] is None
