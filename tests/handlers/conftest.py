"""A deployment around the functions, and the context that Lambda hands them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from fargatecount.bootstrap.functions import archive, publish, reconcile, task_changed
from tests.support.builders import SCOPE
from tests.support.cloudwatch_server import CloudWatch, cloudwatch
from tests.support.deployed import Deployed, deployed


@dataclass
class Context:
    """What Lambda says of an invocation; the time that is left is the test's."""

    remaining: int = 60_000
    aws_request_id: str = "5a0d1d5e-8a5b-4a3e-9f0a-3c1c2b1f7d11"
    invoked_function_arn: str = f"arn:aws:lambda:{SCOPE.region}:{SCOPE.account}:function:fargatecount-test-function"

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""
        return self.remaining


@pytest.fixture
def context() -> Context:
    """Return the context of an invocation with a minute before it."""
    return Context()


def _forget_runtimes() -> None:
    for function in (archive, publish, reconcile, task_changed):
        function.runtime.cache_clear()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Return a deployment in whose execution environment the functions run; unarmed, as by default."""
    with deployed(monkeypatch) as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        _forget_runtimes()
        yield found
        _forget_runtimes()


@pytest.fixture
def armed(here: Deployed, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """Return the same deployment, armed."""
    monkeypatch.setenv("FARGATECOUNT_ARMED", "true")
    return here


@pytest.fixture
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    """Return a CloudWatch that takes what it is given, where the function finds it."""
    with cloudwatch() as (service, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        yield service


@pytest.fixture
def denying(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWatch]:
    """Return an AWS that denies every call to CloudWatch and EventBridge, where the function finds it."""
    with cloudwatch(denies=True) as (service, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_EVENTBRIDGE", url)
        yield service
