"""Builders of the organization's page."""

from __future__ import annotations

from fargatecount.organization.accounts import AccountList, OrganizationAccount
from fargatecount.organization.compose import service_table
from fargatecount.organization.page.document import OrganizationPage, organization_page
from fargatecount.organization.scopes import ScopeRecord
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import organization_document
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS
from fargatecount.workload import Scope
from tests.support.builders import MINUTE, NOW
from tests.support.pages import HOSTILE
from tests.support.reports import report, running

SHOP, DATA, LAB = "111111111111", "222222222222", "333333333333"


def organization(scopes: int = 3, *, refresh_ms: int | None = None) -> OrganizationPage:
    """Return an organization: the first scope is over its quota, the second is silent, and one account does not report.

    The second account has a hostile name; further scopes are idle.
    """
    places = [Scope(SHOP, "eu-west-1"), Scope(DATA, "us-east-1"), *(Scope(SHOP, f"region-{number}") for number in range(3, scopes + 1))]
    records = []
    for number, scope in enumerate(places[:scopes]):
        tasks, at = (97, NOW) if number == 0 else (40, NOW - 5 * MINUTE) if number == 1 else (number % 20, NOW)
        services = service_table([("ECS-web", "service:front", running(tasks))], at)
        records.append(ScopeRecord(scope=scope, as_of=at, report=report(tasks, scope=scope, at=at, services=services)))
    accounts = [
        OrganizationAccount(id=SHOP, name="shop-prod", unit="Root/Prod"),
        OrganizationAccount(id=DATA, name=HOSTILE, unit="Root"),
        OrganizationAccount(id=LAB, name="lab", unit="Root/Sandbox"),
    ]
    answer = organization_document(records, AccountList(as_of=NOW, accounts=accounts), NOW, ScopeSelection())
    return organization_page(answer, DEFAULT_THRESHOLDS, refresh_ms=refresh_ms)
