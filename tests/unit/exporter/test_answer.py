"""What the exporter answers, over an account in memory."""

from __future__ import annotations

import msgspec
import pytest
from openapi_spec_validator import validate

from fargatecount.errors import UnavailableError
from fargatecount.exporter.answer import Gate
from fargatecount.exporter.http import HttpRequest
from fargatecount.exporter.snapshot import ExporterOptions
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.refusals.log import remember
from fargatecount.usage.document import UsageDocument
from fargatecount.workload import Cluster, Kind
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, refusal
from tests.support.exporting import VERSION, Exported
from tests.support.fakes import FakeClock


def of_service() -> Exported:
    options = ExporterOptions(publish=PublishOptions(detail=Detail.SERVICE, limits=Limits(total=Limit(vcpu=2.0))))
    return Exported(options)


def test_the_numbers_are_those_of_the_table() -> None:
    """Counts by capacity and phase, the quota and what is left of it, in base units."""
    account = Exported()
    account.start("t1", "t2", cpu="1024", memory="2048")
    account.account.ecs.start("t3", capacityProviderName="FARGATE_SPOT")
    account.account.deliver(account.account.ecs.event("t3"))
    found = account.scrape()
    expected = {
        "build_info{version=1.2.3}": 1,
        "table_readable": 1,
        "readable": 1,
        "running_workloads": 2,
        "workloads{capacity=spot,phase=pending}": 1,
        "workloads{capacity=on-demand,phase=waiting}": 0,
        "held_vcpu{capacity=on-demand}": 2,
        "held_vcpu{capacity=spot}": 0.25,
        "held_memory_bytes{capacity=on-demand}": 4 * 1024**3,
        "quota_vcpu{capacity=on-demand}": 6,
        "quota_free_vcpu{capacity=on-demand}": 4,
        "quota_utilization_ratio{capacity=on-demand}": pytest.approx(1 / 3),
        "threshold_ratio{level=critical}": 0.95,
        "cluster_running_workloads{cluster=ECS-web}": 2,
        "cluster_held_vcpu{cluster=ECS-web}": 2.25,
        "cluster_running_workloads{cluster=ECS-batch}": 0,
        "unsized_workloads": 0,
        "dead_letters": 0,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_an_unknown_quota_has_no_number() -> None:
    """Its readability is 0, and value, rest and ratio are absent: a rule on them cannot take it for free."""
    found = Exported().scrape()
    assert (found["quota_readable{capacity=spot}"], found["quota_readable{capacity=on-demand}"], found["unknown_quotas"]) == (0, 1, 1)
    assert [name for name in found if "quota" in name and "spot" in name] == ["quota_readable{capacity=spot}"]


def test_an_unreadable_cluster_has_no_number() -> None:
    """Not 0: its last known counts stay in the totals, which say that they are not readable."""
    account = Exported()
    account.start("t1")
    denied = Readability(readable=False, at=account.clock.now(), reason="denied", listed_at=account.clock.now() - HOUR)
    account.ledger.note(BATCH, RECONCILER, denied)
    found = account.scrape()
    assert (found["readable"], found["cluster_readable{cluster=ECS-batch}"], found["unreadable_clusters"]) == (0, 0, 1)
    assert "cluster_running_workloads{cluster=ECS-batch}" not in found
    assert found["running_workloads"] == 1


def test_before_the_first_pass_there_is_no_total() -> None:
    """A new deployment knows a part only, and a part is no total."""
    account = Exported()
    account.ledger._first_passes.clear()
    found = account.scrape()
    assert found["readable"] == 0
    assert not {"running_workloads", "held_vcpu{capacity=spot}", "quota_utilization_ratio{capacity=on-demand}"} & set(found)


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/usage", "/", "/page.json"])
def test_a_table_that_cannot_be_read_is_not_empty(path: str) -> None:
    """The metrics say so and have no number; programs and browsers get 503 with the remedy."""
    account = Exported()
    account.table.trouble = UnavailableError("the table did not answer", remedy="check the network")
    answer = account.ask(path)
    if path == "/metrics":
        text = answer.body.decode()
        assert (answer.status, "fargatecount_table_readable 0.0" in text) == (200, True)
        assert "workloads" not in text
    else:
        assert answer.status == 503
        assert msgspec.json.decode(answer.body) == {"error": "the table did not answer", "remedy": "check the network"}


def test_however_many_ask_the_table_is_read_once() -> None:
    """Fifty scrapes a second, programs and browsers among them, for a minute: one read every fifteen seconds."""
    account = Exported(ExporterOptions(every=15_000))
    for second in range(60):
        for i in range(50):
            account.ask(("/metrics", "/api/v1/usage", "/", "/page.json")[i % 4], accept=("", "application/openmetrics-text")[i // 4 % 2])
        account.clock.advance(1_000)
        assert account.table.reads == second // 15 + 1


def test_rows_are_read_for_services_only_and_each_minute() -> None:
    """They cost most, and nothing urgent depends on them."""
    account = of_service()
    account.start("t1", group="service:shop")
    for _ in range(12):
        account.ask()
        account.clock.advance(15_000)
    assert account.table.row_reads == 3 * account.ledger.buckets
    plain = Exported()
    plain.ask()
    assert plain.table.row_reads == 0


def test_services_and_limits() -> None:
    """With detail service the largest services have series, and how late events were counted; your own limits have a ratio."""
    account = of_service()
    account.start("t1", "t2", group="service:shop", cpu="512", memory="1024")
    found = account.scrape()
    assert found["service_running_workloads{cluster=ECS-web,service=service:shop}"] == 2
    assert found["service_held_vcpu{cluster=ECS-web,service=service:shop}"] == 1
    assert found["limit_utilization_ratio"] == 0.5
    assert found["event_age_seconds"] >= 0


def test_the_number_of_series_is_bounded() -> None:
    """The largest clusters have series, and it is said how many have none; the totals include them."""
    account = Exported(ExporterOptions(max_clusters=1))
    account.start("t1")
    account.listed(*(Cluster(SCOPE, Kind.ECS, f"c{i}") for i in range(20)))
    found = account.scrape()
    assert [name for name in found if name.startswith("cluster_")] == [
        "cluster_readable{cluster=ECS-web}",
        "cluster_running_workloads{cluster=ECS-web}",
        "cluster_held_vcpu{cluster=ECS-web}",
    ]
    assert (found["left_out_clusters"], found["running_workloads"]) == (21, 1)


def test_refusals_of_the_last_minutes() -> None:
    """Those for lack of capacity or quota, once each; after five minutes the series is 0 again."""
    account = Exported()
    now = account.clock.now()
    remember(account.refusals, [refusal(1, now), refusal(1, now), refusal(2, now), refusal(3, now, is_shortage=False, reason="no image")])
    assert account.scrape()["refused_launches{capacity=on-demand}"] == 2
    account.clock.advance(6 * MINUTE)
    assert account.scrape()["refused_launches{capacity=on-demand}"] == 0


def test_what_publisher_and_reconciler_left() -> None:
    """When they last ran, and what the last report says; without any there is no sample."""
    account = Exported()
    now = account.clock.now()
    assert not {"last_publish_timestamp_seconds", "last_reconcile_timestamp_seconds", "drift_repairs"} & set(account.scrape())
    account.state.remember(SCOPE, LastPublish(minute=now // MINUTE, at=now))
    account.keep(now - MINUTE)
    account.clock.advance(MINUTE)
    found = account.scrape()
    assert found["last_publish_timestamp_seconds"] == now / 1000
    assert found["last_reconcile_timestamp_seconds"] == pytest.approx(now / 1000 - 60, abs=30)
    assert found["drift_repairs"] == 0


def test_a_queue_that_cannot_be_read_is_not_empty() -> None:
    """No sample, not 0."""
    account = Exported()
    account.queue.length = None
    assert "dead_letters" not in account.scrape()


def test_the_document_is_that_of_status() -> None:
    """Programs get the shape `fargatecount/usage`."""
    account = Exported()
    account.start("t1")
    answer = account.ask("/api/v1/usage")
    document = msgspec.json.decode(answer.body, type=UsageDocument)
    assert (document.schema, document.scopes[0].total.running, document.scopes[0].quotas[0].value) == ("fargatecount/usage", 1, 6.0)
    assert msgspec.json.decode(answer.body)["scopes"][0]["clusters"][0]["cluster"] == "ECS-batch"


def test_the_description_is_valid_and_names_every_path() -> None:
    """OpenAPI's own validator accepts it, and each path that it names answers."""
    account = Exported()
    described = msgspec.json.decode(account.ask("/api/v1/openapi.json").body)
    validate(described)
    assert described["info"]["version"] == VERSION
    gate = Gate(account.clock)
    for path in described["paths"]:
        request = HttpRequest(method="GET", path=path, headers={"host": "localhost"})
        assert (gate.reply(request) or account.exporter.answer(request)).status == 200


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "/../etc/passwd", "/metrics/", "/metrics?x=1", "//metrics", "/%2e%2e/", "/metrics%00", "", "*", "http://x/metrics"],
)
def test_nothing_else_exists(path: str) -> None:
    """Paths are compared, never opened: no file of the machine can be named."""
    answer = Exported().ask(path)
    assert (answer.status, b"only /" in answer.body) == (404, True)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {"host": "evil.example", "authorization": "Bearer a-token-of-some-length"}}, 403),
        ({"headers": {}}, 403),
        ({"method": "POST"}, 405),
        ({"method": "TRACE"}, 405),
        ({}, 401),
        ({"headers": {"host": "localhost", "authorization": "Bearer wrong"}}, 401),
        ({"path": "/healthz"}, 200),
    ],
)
def test_the_gate_is_closed_by_default(changes: dict[str, object], status: int) -> None:
    """A foreign name, a writing method, a missing or wrong token; only the health needs none."""
    gate = Gate(FakeClock(), token="a-token-of-some-length")
    request = msgspec.structs.replace(HttpRequest(method="GET", path="/metrics", headers={"host": "localhost"}), **changes)
    reply = gate.reply(request)
    assert reply is not None
    assert reply.status == status


def test_the_gate_opens_for_the_token() -> None:
    """Then the exporter answers."""
    headers = {"host": "localhost", "authorization": "Bearer a-token-of-some-length"}
    assert Gate(FakeClock(), token="a-token-of-some-length").reply(HttpRequest(method="GET", path="/metrics", headers=headers)) is None


def test_too_many_requests_wait() -> None:
    """More than the burst of one client within a moment."""
    gate, request = Gate(FakeClock()), HttpRequest(method="GET", path="/healthz", headers={"host": "localhost"}, client="10.0.0.1")
    statuses = [reply.status for _ in range(205) if (reply := gate.reply(request))]
    assert statuses == [200] * 200 + [429] * 5


def test_hostile_names_stay_text_everywhere() -> None:
    """A name with markup, quotes and line ends: one series in the metrics, inert in the page, itself in the document."""
    name = '</script><b>"\\\n{x="y"} 1\nfargatecount_readable 1'
    account = Exported()
    account.listed(Cluster(SCOPE, Kind.EKS, name))
    found = account.scrape()
    assert found[f"cluster_running_workloads{{cluster=EKS-{name}}}"] == 0
    page = account.ask("/").body.decode()
    assert "</script><b>" not in page
    document = msgspec.json.decode(account.ask("/api/v1/usage").body)
    assert f"EKS-{name}" in {each["cluster"] for each in document["scopes"][0]["clusters"]}
