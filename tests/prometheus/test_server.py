"""A real Prometheus scrapes a real exporter through an incident: every rule fires and clears."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator

import msgspec
import pytest

from fargatecount.adapters.http_server import BoundedServer, serving_in_thread
from fargatecount.exporter.answer import Gate
from fargatecount.exporter.catalog import FAMILIES
from fargatecount.exporter.snapshot import ExporterOptions
from fargatecount.ledger.clusters import RECONCILER, Readability
from fargatecount.ledger.launches import SECOND
from fargatecount.ledger.record import record
from fargatecount.metrics.cadence import LastPublish
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail
from fargatecount.quotas.launch_rates import LaunchQuotaReading, LaunchRate
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.log import remember
from fargatecount.usage.hanging import HangingSummary
from fargatecount.workload import Capacity, Facts, Millis, Phase
from tests.prometheus.test_rules import ALERTS
from tests.support.builders import BATCH, HOUR, MINUTE, SCOPE, refusal, seen
from tests.support.deadline import eventually
from tests.support.exporting import Exported
from tests.support.pages import report, survey, witness
from tests.support.prometheus import Prometheus, prometheus
from tools.grafana import SCOPE as SCOPE_BOARD
from tools.grafana import expressions

TOKEN = "a-token-of-some-length"
OPTIONS = ExporterOptions(
    every=500,
    publish=PublishOptions(detail=Detail.SERVICE, limits=Limits(total=Limit(vcpu=10.0), clusters={"ECS-web": Limit(workloads=10)})),
)
BURST = 100.0
"""Launches at once by the quota of the account."""
ONLY_WITHOUT_EXPORTER = {"FargatecountSilent"}


class Incident:
    """An account whose state a test sets as a whole; its clock follows the real one, which Prometheus reads."""

    def __init__(self) -> None:
        self.account = Exported(OPTIONS)
        self.skew = 0
        self.is_bad = False
        self.follow()
        for capacity in Capacity:
            self.account.quotas.keep(SCOPE, [Quota(capacity=capacity, value=10.0, source=Origin.APPLIED, read_at=self.now)])
        self.start()

    @property
    def now(self) -> Millis:
        return self.account.clock.now()

    def follow(self) -> None:
        """Set the account's clock to the real time, plus the skew that lets minutes pass at once."""
        self.account.clock.advance(time.time_ns() // 1_000_000 + self.skew - self.now)

    def answer(self, request: object) -> object:
        """Answer a scrape with the present state, as of now."""
        self.follow()
        self._state()
        # Rows, reports and the queue are read each minute at most; a test has no minutes.
        self.account.shared._slow.forget()
        return self.account.exporter.answer(request)  # type: ignore[arg-type]

    def start(self) -> None:
        self.account.listed()
        record(
            [seen(workload_id=f"t{i}", observed_at=self.now, facts=self._facts()) for i in range(4)],
            self.account.ledger,
            self.account.clock,
        )

    def go_bad(self) -> None:
        """Fill the quota, launch as fast as may be, refuse launches, lose events, deny a cluster, and stop the publisher."""
        self.is_bad = True
        at = self.now
        tasks = [seen(workload_id=f"more{i}", observed_at=at - 2 * MINUTE, facts=self._facts()) for i in range(16)]
        record(tasks, self.account.ledger, self.account.clock)
        remember(self.account.refusals, [refusal(1, at)])
        self.account.launches.add(SCOPE, {(Capacity.ON_DEMAND, at - at % SECOND): int(BURST)})

    def recover(self) -> None:
        """End all of that; six minutes pass, after which the refusals are old."""
        self.is_bad = False
        ended = [seen(Phase.GONE, 9, workload_id=f"more{i}", observed_at=self.now) for i in range(16)]
        record(ended, self.account.ledger, self.account.clock)
        self.skew += 6 * MINUTE

    def _state(self) -> None:
        now, account = self.now, self.account
        account.listed()
        if self.is_bad:
            account.ledger.note(BATCH, RECONCILER, Readability(readable=False, at=now, reason="denied", listed_at=now - HOUR))
        account.queue.length = 3 if self.is_bad else 0
        rates = (LaunchRate(capacity=Capacity.ON_DEMAND, burst=BURST, sustained=20.0),)
        account.launch_quotas.keep(SCOPE, LaunchQuotaReading(rates=rates, read_at=now, tried_at=now, reason=""))
        real = now - self.skew
        published = real - 10 * MINUTE if self.is_bad else real
        account.state.remember(SCOPE, LastPublish(minute=0, at=published))
        account.quotas.keep(
            SCOPE, [Quota(capacity=Capacity.SPOT, value=None if self.is_bad else 10.0, source=Origin.UNKNOWN, read_at=now, reason="denied")]
        )
        kept = report(now)
        account.reports._kept.clear()
        account.reports.keep(
            msgspec.structs.replace(
                kept,
                drifted=40 if self.is_bad else 0,
                headroom=survey(),
                hanging=HangingSummary(after_minutes=30, count=2 if self.is_bad else 0, which=[]),
                witness=witness(11.0 if self.is_bad else 2.0),
            )
        )

    @staticmethod
    def _facts() -> Facts:
        return Facts(cpu=512, memory=1024, group="service:shop")


@pytest.fixture(scope="module")
def incident() -> Incident:
    return Incident()


@pytest.fixture(scope="module")
def server(incident: Incident, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that scrapes the exporter of the incident, with its token."""
    gate = Gate(incident.account.clock, token=TOKEN)
    exporter = BoundedServer(gate.reply, incident.answer)  # type: ignore[arg-type]
    with (
        serving_in_thread(exporter),
        prometheus(
            tmp_path_factory.mktemp("prometheus"), f"127.0.0.1:{exporter.server_port}", authorization={"credentials": TOKEN}
        ) as running,
    ):
        eventually(lambda: running.query("fargatecount_table_readable == 1"), "the first scrape", within=20)
        yield running


def test_every_family_is_scraped(server: Prometheus) -> None:
    """The server accepts the text, and has each family of the catalog with its type, unit and help."""
    assert (server.scraped()["health"], server.scraped()["lastError"]) == ("up", "")
    described = server.get("metadata")
    for family in FAMILIES:
        assert server.query(family.name), family.name
        (of_one,) = described[family.name]
        assert of_one == {"type": "gauge", "unit": family.unit, "help": family.meaning}


def test_every_rule_is_evaluated(server: Prometheus) -> None:
    """None has an error, and while all is well none fires."""
    rules = [rule for group in server.get("rules")["groups"] for rule in group["rules"]]
    eventually(lambda: all(r["health"] == "ok" for g in server.get("rules")["groups"] for r in g["rules"]), "all are evaluated", within=20)
    assert len(rules) == len(ALERTS) + 4
    eventually(lambda: not server.firing(), "none fires", within=20)


@pytest.mark.parametrize("expression", expressions(json.loads(SCOPE_BOARD.read_text())))
def test_every_query_of_the_dashboard_has_an_answer(server: Prometheus, expression: str) -> None:
    """The server runs it, and it finds series; only while no alert fires is the list of alerts empty."""
    assert server.query(expression) or "ALERTS" in expression


def test_every_variable_of_the_dashboard_has_values(server: Prometheus) -> None:
    """Account, Region, cluster and service can be chosen from what is there."""
    for variable in json.loads(SCOPE_BOARD.read_text())["templating"]["list"][1:]:
        inner = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
        assert inner
        series = server.query(re.sub(r'"\$\w+"', '".*"', inner[1]))
        assert {each["metric"][inner[2]] for each in series}


def test_an_incident_from_its_beginning_to_its_end(server: Prometheus, incident: Incident) -> None:
    """Every alert but that of a silent exporter fires, and all of them end."""
    incident.go_bad()
    expected = set(ALERTS) - ONLY_WITHOUT_EXPORTER
    eventually(lambda: server.firing() >= expected, "all alerts fire", within=40)
    (critical,) = [a for a in server.get("alerts")["alerts"] if a["labels"]["alertname"] == "FargateQuotaCritical"]
    assert critical["labels"]["capacity"] == "on-demand"
    assert critical["annotations"]["description"].startswith("100% of the quota in 123456789012 eu-west-1 is used")
    incident.recover()
    eventually(lambda: not server.firing(), "all alerts have ended", within=40)
    total = eventually(
        lambda: [each for each in server.query("scope:fargatecount_held_vcpu:sum") if each["value"][1] == "2"], "it is recorded"
    )
    assert total[0]["metric"]["region"] == SCOPE.region
