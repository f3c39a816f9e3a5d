"""What the exporter answers over a hub."""

from __future__ import annotations

import json

from fargatecount.adapters.hub_pages import ORGANIZATION, HubPages
from fargatecount.errors import UnavailableError
from fargatecount.exporter.http import HttpRequest
from fargatecount.organization.scopes import ScopeRecord
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import OrganizationDocument, organization_document
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS
from tests.support.builders import NOW, SCOPE
from tests.support.fakes import FakeClock
from tests.support.reports import report

EVERY = 15_000


class Hub:
    """A hub with one scope, which counts its reads and can fail."""

    def __init__(self) -> None:
        self.clock, self.reads, self.fails = FakeClock(), 0, False
        self.pages = HubPages(self.read, self.clock, thresholds=DEFAULT_THRESHOLDS, every=EVERY)

    def read(self) -> OrganizationDocument:
        self.reads += 1
        if self.fails:
            raise UnavailableError("no answer", remedy="wait")
        return organization_document([ScopeRecord(scope=SCOPE, as_of=NOW, report=report(3))], None, NOW, ScopeSelection())

    def get(self, path: str) -> tuple[int, bytes]:
        answer = self.pages.answer(HttpRequest(method="GET", path=path, headers={}, client="127.0.0.1"))
        return int(answer.status), answer.body


def test_page_document_and_organization_come_of_one_read() -> None:
    """However many ask within the period; the next period reads again."""
    hub = Hub()
    assert hub.get("/")[1].startswith(b"<!doctype html>")
    assert json.loads(hub.get("/page.json")[1])["refresh_ms"] == EVERY
    assert json.loads(hub.get(ORGANIZATION)[1])["schema"] == "fargatecount/organization"
    assert hub.reads == 1
    hub.clock.advance(EVERY)
    hub.get("/")
    assert hub.reads == 2


def test_a_hub_that_does_not_answer_is_said_with_its_remedy() -> None:
    """And it is well again in the next period; other paths do not exist, metrics included."""
    hub = Hub()
    hub.fails = True
    status, body = hub.get(ORGANIZATION)
    assert (status, json.loads(body)) == (503, {"error": "no answer", "remedy": "wait"})
    hub.fails = False
    hub.clock.advance(EVERY)
    assert hub.get(ORGANIZATION)[0] == 200
    assert hub.get("/metrics")[0] == 404
