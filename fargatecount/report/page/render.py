"""Render: the page's document as one HTML file that loads nothing else.

Pure, except for the assets beside this module. Names chosen by users reach the browser only as JSON inside one script element, and the
browser shows them only as text. A content security policy in the file allows only its own scripts, by their hashes.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files

import msgspec

from fargatecount.report.page.alerts import number
from fargatecount.report.page.document import Page

PARTS = files("fargatecount.report.page") / "assets"
SCRIPTS = (
    "uplot/uPlot.iife.min.js",
    *("dom.js", "address.js", "links.js", "filter.js", "sorting.js", "charts.js", "tables.js", "past.js", "page.js"),
)
STYLES = ("uplot/uPlot.min.css", "page.css")

INERT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Characters that could end a script element or open a comment in it, and line ends that older scripts do not allow. In JSON an escape is
the same text (https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements)."""


def data(page: Page) -> str:
    """Return the document as JSON that is safe inside a script element."""
    return re.sub("[<>&\u2028\u2029]", lambda match: INERT[match[0]], msgspec.json.encode(page).decode())


def html(page: Page) -> str:
    """Return the file."""
    styles = [_part(name) for name in STYLES]
    scripts = [_part(name) for name in SCRIPTS]
    own = "'self'" if page.refresh_ms else "'none'"
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src {_hashes(styles)}",
            "img-src data:",
            f"connect-src {own}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    values = {
        "policy": escape(policy),
        "title": escape(f"Fargate {page.account} {page.region}"),
        "styles": "".join(f"<style>{text}</style>\n" for text in styles),
        "plain": _plain(page),
        "data": data(page),
        # The licenses have to accompany the code.
        "license": _part("uplot/LICENSE").strip(),
        "scripts": "".join(f"<script>{text}</script>\n" for text in scripts),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], _part("page.html"))


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


def _hashes(texts: list[str]) -> str:
    return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in texts)


@cache
def _part(name: str) -> str:
    return PARTS.joinpath(name).read_text(encoding="utf-8")
