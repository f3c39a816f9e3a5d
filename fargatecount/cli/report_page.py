"""The report as a page: written to a file, opened in a browser, or served live on this machine."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

import click

from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.report_page import live_server, page_sources
from fargatecount.cli import output
from fargatecount.cli.atomic_file import write_atomically
from fargatecount.cli.termination import until_interrupted
from fargatecount.report.page.document import Page
from fargatecount.report.page.gather import page_now, page_of_report
from fargatecount.report.page.render import html
from fargatecount.timestamps import DAY, HOUR

STDOUT = "-"


def write(connection: Connection, *, report_id: str | None, since: int | None, file: str | None, is_opened: bool) -> int:
    """Write the page of a report, or of a period that ends now (by default a day), to a file; with `is_opened`, open it."""
    sources = page_sources(connection, lambda text: click.echo(text, err=True))
    page = page_of_report(sources, report_id) if report_id is not None else page_now(sources, connection.clock.now(), since or DAY)
    if file == STDOUT:
        click.echo(html(page), nl=False)
        return _warn(page)
    write_file(html(page), file, is_opened=is_opened)
    return _warn(page)


def write_file(text: str, file: str | None, *, is_opened: bool) -> None:
    """Write a page to a file, by default in a new temporary folder; with `is_opened`, open it."""
    path = Path(file) if file is not None else Path(tempfile.mkdtemp(prefix="fargatecount-")) / "report.html"
    write_atomically(path, text)
    click.echo(f"{path}: {path.stat().st_size / 1000:,.0f} kB", err=True)
    if is_opened:
        open_in_browser(path.resolve().as_uri())


def serve(connection: Connection, *, port: int, since: int | None, is_opened: bool) -> int:
    """Serve the live page until Ctrl-C."""
    with live_server(connection, port=port, length=since or HOUR) as server:
        click.echo(f"The live page is at {server.url} for browsers on this machine; Ctrl-C ends it.", err=True)
        click.echo(server.url)
        if is_opened:
            open_in_browser(server.url)
        with until_interrupted():
            server.serve_forever()
    return 0


def open_in_browser(address: str) -> None:
    """Open an address, or print it if there is no browser: a server without one is no error."""
    if not webbrowser.open(address):
        output.warn(f"no browser could be started: open {address} yourself, or set $BROWSER")


def _warn(page: Page) -> int:
    for text in page.notes:
        output.warn(text)
    for reason in page.headline.why:
        output.warn(f"not complete: {reason}")
    return 0
