"""`fargatecount serve`: the counters for Prometheus, for programs and for browsers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from fargatecount.bootstrap.commands.connection import connect
from fargatecount.bootstrap.commands.organization import Hub, connect_hub
from fargatecount.bootstrap.commands.serve import ServeOptions, exporter_server
from fargatecount.bootstrap.commands.serve_hub import hub_server
from fargatecount.cli import options, output
from fargatecount.cli.report import Period
from fargatecount.errors import MisconfiguredError
from fargatecount.exporter.access import MIN_TOKEN, is_loopback
from fargatecount.exporter.snapshot import MAX_CLUSTERS, ExporterOptions
from fargatecount.metrics.points import PublishOptions
from fargatecount.metrics.series import Detail

PORT = 9469
TOKEN = "FARGATECOUNT_TOKEN"  # noqa: S105 - the name of a variable
MAX_EVERY = 3600
FILE = click.Path(path_type=Path, dir_okay=False)


def _url(_context: Any, _parameter: Any, value: str | None) -> str | None:
    if value is not None and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise click.BadParameter(f"{value!r} is no URL; enter it as http://collector:4318")
    return value


@click.command(epilog="Examples: fargatecount serve --every 30; fargatecount serve --otlp http://collector:4318")
@options.place
@options.clusters
@click.option("--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, metavar="N", help="Port; 0 for a free one.")
@click.option("--listen", "address", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen at, as 0.0.0.0.")
@click.option(
    "--every", type=click.IntRange(1, MAX_EVERY), default=15, show_default=True, metavar="SECONDS", help="Least time between two reads."
)
@click.option("--host", "names", multiple=True, metavar="NAME", help="A DNS name under which it is asked; may be repeated.")
@click.option("--token-file", type=FILE, metavar="FILE", help=f"File with the token that clients must send; default: ${TOKEN}.")
@click.option("--insecure", is_flag=True, help="Let everyone who can connect read it, without a token.")
@click.option("--tls-cert", type=FILE, metavar="FILE", help="Certificate with its chain, PEM: serves HTTPS.")
@click.option("--tls-key", type=FILE, metavar="FILE", help="Private key of the certificate, PEM.")
@click.option(
    "--detail",
    type=click.Choice([str(each) for each in Detail]),
    default="cluster",
    show_default=True,
    help="Series: of the scope, of clusters, of services.",
)
@click.option("--max-clusters", type=click.IntRange(0, 5_000), default=MAX_CLUSTERS, show_default=True, metavar="N", help="Clusters shown.")
@click.option("--top-services", type=click.IntRange(1, 500), default=20, show_default=True, metavar="N", help="Services shown.")
@click.option("--otlp", metavar="URL", callback=_url, help="Also push the metrics there by OTLP/HTTP, every --every seconds.")
@click.option("--organization", is_flag=True, help="Serve the page and the JSON of the hub of an organization, and no metrics.")
@click.option("--since", type=Period(), default="1h", show_default=True, metavar="PERIOD", help="How far back the page goes.")
def command(
    *,
    cluster_globs: tuple[str, ...],
    port: int,
    address: str,
    every: int,
    names: tuple[str, ...],
    token_file: Path | None,
    insecure: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    detail: str,
    max_clusters: int,
    top_services: int,
    otlp: str | None,
    since: int,
    organization: bool,
    **place: Any,
) -> int:
    """Serve the counters over HTTP: for Prometheus, for programs, and as a live page."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    token = read_token(token_file)
    if not is_loopback(address) and token is None and not insecure:
        raise click.UsageError(
            f"everyone on the network of {address} could read it: set ${TOKEN} or --token-file, or --insecure if a proxy checks who asks"
        )
    listen = ServeOptions(address=address, port=port, names=names, token=token, certificate=tls_cert, key=tls_key, otlp=otlp)
    if organization:
        return _serve_hub(connect_hub(**place), listen, every * 1000)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    exported = ExporterOptions(
        every=every * 1000,
        max_clusters=max_clusters,
        publish=PublishOptions(
            detail=Detail(detail),
            include=cluster_globs or ("*",),
            top_services=top_services,
            limits=connection.terms.limits,
            prices=connection.prices,
        ),
        thresholds=connection.levels.thresholds,
        limit_percent=connection.limit_percent,
    )
    with exporter_server(connection, listen, exported, length=since, report=_report) as server:
        _warn_of_clear_text(listen)
        click.echo(f"Serving /metrics, /api/v1/usage and the live page at {server.url}; Ctrl-C ends it.", err=True)
        if otlp is not None:
            click.echo(f"Pushing the metrics to {otlp}.", err=True)
        click.echo(server.url)
        server.serve_forever()
    return 0


def _report(trouble: str) -> None:
    output.warn(trouble or "the OTLP receiver takes the metrics again")


def _serve_hub(hub: Hub, listen: ServeOptions, every: int) -> int:
    if listen.otlp is not None:
        raise click.UsageError("--otlp pushes metrics, and --organization serves none: leave one of them out")
    output.note_endpoint(hub.connection.local_endpoint)
    with hub_server(hub, listen, every=every) as server:
        _warn_of_clear_text(listen)
        click.echo(f"Serving /api/v1/organization and the live page at {server.url}; Ctrl-C ends it.", err=True)
        click.echo(server.url)
        server.serve_forever()
    return 0


def _warn_of_clear_text(listen: ServeOptions) -> None:
    if listen.token is not None and listen.certificate is None and not is_loopback(listen.address):
        output.warn("the token travels in clear text: add --tls-cert and --tls-key, or let a proxy speak TLS")


def read_token(file: Path | None) -> str | None:
    """Return the token of a file or of the environment; None where there is none.

    Raises:
        MisconfiguredError: the file cannot be read, or the token is short enough to be guessed.
    """
    if file is None:
        token, source = os.environ.get(TOKEN, "").strip(), f"${TOKEN}"
        if not token:
            return None
    else:
        try:
            token, source = file.read_text().strip(), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise MisconfiguredError(
                f"cannot read the token from {file}: {error}", remedy="name a text file with the token only"
            ) from error
    if len(token) < MIN_TOKEN or not token.isascii():
        raise MisconfiguredError(
            f"the token of {source} has {len(token)} characters: expected at least {MIN_TOKEN} of ASCII",
            remedy="make one: openssl rand -hex 32",
        )
    return token
