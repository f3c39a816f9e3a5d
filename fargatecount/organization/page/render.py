"""Render: the document of the organization's page as one HTML file that loads nothing else.

Pure, except for the assets beside this module and those of the page of a scope, whose tables it uses.
"""

from __future__ import annotations

from html import escape

from fargatecount.organization.page.document import OrganizationPage
from fargatecount.report.page.alerts import number
from fargatecount.report.page.one_file import one_file, part
from fargatecount.report.page.render import PACKAGE

OWN_PACKAGE = "fargatecount.organization.page"
SHARED = ("dom.js", "address.js", "links.js", "filter.js", "sorting.js", "tables.js")
"""Scripts of the page of a scope: elements, the address, and tables that are sorted, searched and folded."""


def html(page: OrganizationPage) -> str:
    """Return the file."""
    return one_file(
        part(OWN_PACKAGE, "organization.html"),
        page,
        title="Fargate of the organization",
        plain=_plain(page),
        styles=[part(PACKAGE, "page.css"), part(OWN_PACKAGE, "organization.css")],
        scripts=[*(part(PACKAGE, name) for name in SHARED), part(OWN_PACKAGE, "organization.js")],
        is_live=bool(page.refresh_ms),
    )


def _plain(page: OrganizationPage) -> str:
    """Return the page without scripts, for example for the preview of a mail attachment."""
    rows = "".join(
        f"<tr><td>{escape(scope.account)}</td><td>{escape(scope.account_name or '')}</td><td>{escape(scope.region)}</td>"
        f"<td>{_number(scope.mark, scope.running)}</td><td>{_number(scope.mark, scope.vcpu)}</td><td>{_number('', scope.percent)}</td>"
        f"<td>{escape(scope.why or 'ok')}</td></tr>"
        for scope in page.scopes
    )
    total = page.total
    return (
        "<h1>Fargate of the organization</h1>"
        f"<p>{escape(page.at)}: {total.running.value:,.0f} running in {total.scopes} scopes."
        f" {'Complete' if page.complete else 'Not complete'}.</p>"
        "<table><tr><th>Account</th><th>Name</th><th>Region</th><th>Running</th><th>vCPU</th><th>Highest quota, %</th><th>State</th></tr>"
        f"{rows}</table><p>Open the file in a browser to search and sort.</p>"
    )


def _number(mark: str, value: float | None) -> str:
    return number(value) if value is None else mark + number(value)
