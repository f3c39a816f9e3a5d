"""For which time AWS bills a workload: the table of cases."""

from __future__ import annotations

import pytest

from fargatecount.history.billing import NOT_BILLED, bill_of
from fargatecount.usage.prices import LIST_PRICES, PriceSettings
from fargatecount.workload import Capacity, Facts, Kind
from tests.support.builders import HOUR, MINUTE, NOW

SIZE = Facts(cpu=1024, memory=2048)
RATE = 0.04048 + 2 * 0.004445
"""USD an hour of 1 vCPU and 2 GiB in eu-west-1."""


def task(**facts: object) -> Facts:
    return Facts(cpu=1024, memory=2048, **facts)  # type: ignore[arg-type]


CASES = [
    ("from the pull to the end", task(pull_started_at=NOW, started_at=NOW + 5000), Kind.ECS, NOW + HOUR, 3600),
    ("rounded up to the second", task(pull_started_at=NOW), Kind.ECS, NOW + 100_001, 101),
    ("a minute at least", task(pull_started_at=NOW), Kind.ECS, NOW + 7_000, 60),
    ("five minutes at least on Windows", task(pull_started_at=NOW, os="Windows-Server-2022-Core"), Kind.ECS, NOW + 7_000, 300),
    ("from the start where no pull was seen", task(started_at=NOW), Kind.ECS, NOW + 120_000, 120),
    ("a pod from its node to its deletion", task(started_at=NOW, ready_at=NOW + MINUTE), Kind.EKS, NOW + 10 * MINUTE, 600),
]


@pytest.mark.parametrize(("facts", "kind", "until", "seconds"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_billed_seconds(facts: Facts, kind: Kind, until: int, seconds: int) -> None:
    """https://aws.amazon.com/fargate/pricing/: per second, rounded up, from the image pull, with a minimum."""
    bill = bill_of(facts, kind, "eu-west-1", LIST_PRICES, ended_after=None, until=until)
    assert (bill.seconds, bill.begins, bill.ends) == (seconds, NOW, NOW + seconds * 1000)


@pytest.mark.parametrize("kind", Kind)
def test_what_never_pulled_an_image_is_not_billed(kind: Kind) -> None:
    """A task without an address, or a pod without a node, costs nothing."""
    assert bill_of(task(created_at=NOW), kind, "eu-west-1", LIST_PRICES, ended_after=None, until=NOW + HOUR) == NOT_BILLED


def test_the_cost_follows_discount_spot_and_storage() -> None:
    """Savings Plans lower on-demand capacity, Spot has its factor, and storage beyond 20 GiB its own price."""
    pulled = {"pull_started_at": NOW}
    settings = PriceSettings(discount_percent=50, spot_factor=0.3)

    def usd(prices: PriceSettings, **facts: object) -> float | None:
        return bill_of(task(**pulled, **facts), Kind.ECS, "eu-west-1", prices, ended_after=None, until=NOW + HOUR).usd

    assert usd(LIST_PRICES) == pytest.approx(RATE)
    assert usd(settings) == pytest.approx(RATE / 2)
    assert usd(settings, capacity=Capacity.SPOT) == pytest.approx(RATE * 0.3)
    assert usd(LIST_PRICES, storage=120) == pytest.approx(RATE + 100 * 0.000111)


def test_an_unknown_size_has_no_price_and_not_the_price_zero() -> None:
    """A sum with such a workload is a lower bound, which a zero would hide."""
    bill = bill_of(Facts(pull_started_at=NOW), Kind.ECS, "eu-west-1", LIST_PRICES, ended_after=None, until=NOW + HOUR)
    assert (bill.usd, bill.seconds) == (None, 3600)


def test_an_inferred_end_makes_a_part_of_the_cost_uncertain() -> None:
    """The workload ended between its last sight and the answer that lacked it: the cost is that of the later moment."""
    bill = bill_of(task(pull_started_at=NOW), Kind.ECS, "eu-west-1", LIST_PRICES, ended_after=NOW + HOUR // 4, until=NOW + HOUR)
    assert bill.usd == pytest.approx(RATE)
    assert bill.uncertain_usd == pytest.approx(RATE * 3 / 4)
