"""Render: the page's document as one HTML file that loads nothing else.

Pure, except for the assets beside this module.
"""

from __future__ import annotations

from html import escape

from fargatecount.report.page.alerts import number
from fargatecount.report.page.document import Page
from fargatecount.report.page.one_file import one_file, part

PACKAGE = "fargatecount.report.page"
SCRIPTS = (
    "uplot/uPlot.iife.min.js",
    *("dom.js", "address.js", "links.js", "filter.js", "sorting.js", "charts.js", "tables.js", "past.js", "page.js"),
)
STYLES = ("uplot/uPlot.min.css", "page.css")


def html(page: Page) -> str:
    """Return the file."""
    return one_file(
        part(PACKAGE, "page.html"),
        page,
        title=f"Fargate {page.account} {page.region}",
        plain=_plain(page),
        styles=[part(PACKAGE, name) for name in STYLES],
        scripts=[part(PACKAGE, name) for name in SCRIPTS],
        is_live=bool(page.refresh_ms),
        # The licenses have to accompany the code.
        license=part(PACKAGE, "uplot/LICENSE").strip(),
    )


def _plain(page: Page) -> str:
    """Return the page without scripts, for example for the preview of a mail attachment."""
    head = page.headline
    said = "Complete." if head.complete else f"Not complete: {'; '.join(head.why)}."
    rows = "".join(
        f"<tr><td>{escape(row.cluster)}</td><td>{number(row.running)}</td><td>{number(row.vcpu)}</td>"
        f"<td>{'ok' if row.readable else escape(f'unreadable: {row.reason}')}</td></tr>"
        for row in page.clusters
    )
    alerts = "".join(f"<p><strong>{escape(alert.text)}</strong></p>" for alert in page.alerts)
    return (
        f"<h1>{escape(f'Fargate {page.account} {page.region}')}</h1>"
        f"<p>{escape(str(page.at))}: {number(head.running)} running, {number(head.vcpu)} vCPU held. {escape(said)}</p>"
        f"{alerts}<table><tr><th>Cluster</th><th>Running</th><th>vCPU</th><th>State</th></tr>{rows}</table>"
        "<p>Open the file in a browser for the charts and all else.</p>"
    )
