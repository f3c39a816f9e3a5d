"""Events from public bug reports of other tools and from fuzzing, each with the right answer and its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.memory.refusals import MemoryRefusals
from fargatecount.counts import Platform
from fargatecount.ecs.event import Event, ServiceReported, TaskSeen, decode_event
from fargatecount.ingest.batch import Message, process_batch
from fargatecount.ledger.row import MergeOutcome
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.refusals.texts import RefusalCause, meaning_of
from fargatecount.usage.price_list import rate_of
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import NOW
from tests.support.fakes import FakeClock
from tests.support.letters import EVENT, FakeDeadLetters

CASES = Path(__file__).parents[2] / "cases" / "events"
DAYS_LATER = NOW + 365 * 86_400_000


def decoded(name: str) -> Event:
    """Return what a case reports."""
    return decode_event((CASES / f"{name}.json").read_bytes(), DAYS_LATER)


def task(name: str) -> TaskSeen:
    """Return a case that must be a task on Fargate."""
    event = decoded(name)
    assert isinstance(event, TaskSeen)
    return event


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        # The task's size is billed, whatever its containers get: https://github.com/dagster-io/dagster/pull/6836.
        ("override-in-containers-only", Facts(cpu=4096, memory=8192)),
        # https://github.com/mondoohq/mql/pull/8066, https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
        ("fargate-ephemeral-storage-cmk", Facts(storage=100)),
        # Windows has a license per vCPU: https://github.com/aws/containers-roadmap/issues/2312.
        ("windows-2022", Facts(os="Windows-Server-2022-Core", architecture="x86_64")),
    ],
)
def test_facts(name: str, facts: Facts) -> None:
    """The facts of a task are the ones that AWS bills."""
    seen = task(name).observation.facts
    assert {fact: getattr(seen, fact) for fact, _ in facts.items()} == dict(facts.items())


def test_linux_in_capitals_is_linux() -> None:
    """A runtimePlatform has LINUX, a task Linux: https://github.com/hashicorp/terraform-provider-aws/issues/22033."""
    assert task("platform-family-upper-case").observation.facts.os is None


def test_the_partition_of_the_european_sovereign_cloud() -> None:
    """The cluster's ARN is that of the event, and the USD price list does not apply: https://github.com/getmoto/moto/pull/9678."""
    cluster = task("eu-sovereign-partition").observation.cluster
    assert cluster.arn == "arn:aws-eusc:ecs:eusc-de-east-1:111122223333:cluster/lab"
    assert rate_of(Platform.LINUX_X86, cluster.scope.region, {}) is None


@pytest.mark.parametrize(
    ("name", "capacity"),
    [
        # https://github.com/dask/dask-cloudprovider/issues/299
        ("cpu-configuration-above-limit", Capacity.ON_DEMAND),
        # A strategy over both providers, and a text that names Spot: https://github.com/aws/copilot-cli/issues/2685.
        ("spot-quota-by-aws-words", Capacity.SPOT),
    ],
)
def test_shortages(name: str, capacity: Capacity) -> None:
    """A quota in AWS's own text is a shortage of the capacity that the text names."""
    event = decoded(name)
    assert isinstance(event, ServiceReported)
    assert event.refusal is not None
    assert (event.refusal.is_shortage, event.refusal.capacity) == (True, capacity)


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        # https://github.com/paradisec-archive/nabu/pull/1259
        ("subnet-without-addresses", RefusalCause.ADDRESSES),
        # The quota is that of an image registry: https://repost.aws/knowledge-center/ecs-pull-container-error-rate-limit.
        ("registry-quota-is-not-fargates", RefusalCause.IMAGE),
    ],
)
def test_failed_launches_that_are_no_shortage(name: str, cause: RefusalCause) -> None:
    """The task is gone, its failed launch is recorded with the cause, and it is not counted as a refusal of Fargate."""
    event = task(name)
    assert event.observation.phase is Phase.GONE
    assert event.refusal is not None
    assert (event.refusal.kind, event.refusal.is_shortage) == (RefusalKind.STOPPED, False)
    assert (meaning := meaning_of(event.refusal.reason)) is not None
    assert meaning.cause is cause


@pytest.mark.parametrize("broken", [False, True], ids=["kept", "not kept"])
@pytest.mark.parametrize("hostile", [(CASES / "deeply-nested-unknown-field.json").read_text(), "\ud800"], ids=["deep", "half a pair"])
def test_a_hostile_body_delays_no_other(hostile: str, broken: bool) -> None:
    """The nine others of a batch are recorded, and the hostile one is a dead letter or returns to its queue."""
    clock, letters = FakeClock(), FakeDeadLetters(broken=broken)
    others = [Message(f"m{number}", EVENT.replace("/t1", f"/t{number}")) for number in range(9)]
    result = process_batch([*others[:5], Message("bad", hostile), *others[5:]], MemoryLedger(), letters, MemoryRefusals(), clock)
    assert result.retry_ids == (("bad",) if broken else ())
    assert [message_id for message_id, _ in letters.kept] == ([] if broken else ["bad"])
    assert sum(result.tally.values()) == 10
    assert result.tally[MergeOutcome.APPLIED] == 9


def test_every_case_is_tested() -> None:
    """No file of the folder is without a test."""
    text = Path(__file__).read_text()
    assert [path.stem for path in CASES.glob("*.json") if f'"{path.stem}' not in text] == []
