"""The first deployment: answers as settings, the wait, the links."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fargatecount.metrics.series import Detail
from fargatecount.stack.cost import monthly_cost
from fargatecount.stack.first_steps import Answers, FirstPass, affordable_detail, await_first_pass, dashboard_link, settings_of
from fargatecount.stack.parameters import choose_values, read_parameters
from tests.support.fakes import FakeClock


@pytest.fixture
def defaults(template_of_this_release: dict[str, Any]) -> dict[str, str]:
    """The values of a deployment with nothing set."""
    return choose_values(read_parameters(template_of_this_release), {}, {})


def test_a_budget_buys_the_finest_detail_that_fits(defaults: dict[str, str]) -> None:
    """At the exact price of a level it fits; a cent below it does not."""
    prices = {detail: monthly_cost({**defaults, "Armed": "true", "Detail": detail}, 5) for detail in Detail}
    assert [affordable_detail(price, 5, defaults) for price in prices.values()] == list(Detail)
    assert affordable_detail(prices[Detail.CLUSTER] - 0.01, 5, defaults) is Detail.TOTAL
    assert affordable_detail(prices[Detail.TOTAL] - 0.01, 5, defaults) is None


def test_no_budget_arms_nothing(defaults: dict[str, str]) -> None:
    """Metrics cost money from their first point on, so only a budget arms them."""
    assert settings_of(Answers(), defaults, 5) == {"Armed": "false"}


def test_answers_become_settings(defaults: dict[str, str]) -> None:
    """One address for both kinds of alarm, the limit as JSON, and the cost of the limit's alarm within the budget."""
    found = settings_of(Answers(email="a@example.com", vcpu_limit=12.5, budget=1000), defaults, 5)
    assert (found["PagingEmail"], found["QuietEmail"], found["Armed"], found["Detail"]) == (
        "a@example.com",
        "a@example.com",
        "true",
        "service",
    )
    assert json.loads(found["Limits"]) == {"total": {"vcpu": 12.5}}


def test_the_wait_ends_with_the_first_full_pass() -> None:
    """Each look is shown, the last one too."""
    looks = [
        FirstPass(complete=False, listed=0, known=0),
        FirstPass(complete=False, listed=1, known=3),
        FirstPass(complete=True, listed=3, known=3),
    ]
    left = iter(looks)
    shown: list[FirstPass] = []
    assert await_first_pass(lambda: next(left), FakeClock(), shown.append)
    assert shown == looks


def test_the_wait_has_an_end() -> None:
    """After ten minutes something is wrong, and the output names the place to look at."""
    clock = FakeClock()
    begun = clock.now()
    assert not await_first_pass(lambda: FirstPass(complete=False, listed=0, known=1), clock, lambda _: None)
    assert 600_000 <= clock.now() - begun < 610_000


@pytest.mark.parametrize(
    ("partition", "host"),
    [("aws", "eu-west-1.console.aws.amazon.com"), ("aws-us-gov", "eu-west-1.console.amazonaws-us-gov.com"), ("aws-eusc", "")],
)
def test_a_link_leads_to_the_console_of_the_partition(partition: str, host: str) -> None:
    """No link is better than one into another partition."""
    assert host in dashboard_link("eu-west-1", "fargatecount-prod-eu-west-1", partition)
    assert bool(host) == bool(dashboard_link("eu-west-1", "x", partition))
