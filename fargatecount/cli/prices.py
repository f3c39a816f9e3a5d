"""`fargatecount prices`: which prices the costs use, and newer ones from AWS."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.prices import prices_in_use, refresh_prices
from fargatecount.cli import options, output
from fargatecount.usage.price_document import PricesDocument, prices_document
from fargatecount.usage.prices import label


@click.group(epilog="Example: fargatecount prices show --region eu-west-1")
def command() -> None:
    """Show the prices behind the costs, and refresh them from AWS's Price List."""


def _json(function: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON; default: a table.")(function)


@command.command(epilog="Example: fargatecount prices show --region eu-west-1")
@options.place
@_json
def show(*, as_json: bool, **place: Any) -> int:
    """Show the prices that the commands use in a Region: your own, those of AWS's Price List, or an estimate."""
    connection = connect(**place)
    _print(connection, as_json=as_json)
    return 0


@command.command(epilog="Example: fargatecount prices refresh --region eu-south-2")
@options.place
@_json
def refresh(*, as_json: bool, **place: Any) -> int:
    """Read the prices of a Region from AWS's Price List, and keep them on this machine.

    It needs pricing:GetProducts, and asks AWS only when you run it. The commands on this machine use the prices from then on. A deployed
    function uses the built-in list and the setting regionPrices, whose value for this Region is printed too; with the setting pricesRefresh
    it asks by itself.
    """
    connection = connect(**place)
    path, prices = refresh_prices(connection)
    _print(connection, as_json=as_json)
    if not as_json:
        click.echo(f"Kept in {path}.")
        setting = msgspec.json.encode({connection.region: prices.prices}).decode()
        click.echo(f"For the functions, the setting regionPrices: {setting}")
    return 0


def _print(connection: Connection, *, as_json: bool) -> None:
    settings = prices_in_use(connection, output.warn)
    document = prices_document(settings, connection.region, connection.clock.now())
    if as_json:
        output.print_json(document)
        return
    columns = ["PLATFORM", "USD/VCPU/H", "USD/GIB/H", "LICENSE/VCPU/H", "SOURCE"]
    output.show(output.table(f"Prices of {document.region}", columns, _rows(document), texts=("SOURCE",)))
    click.echo(f"{label(settings)}.")
    if any(each.approximate for each in document.platforms) or document.storage_approximate:
        click.echo("~ is an estimate from the prices of another Region: fargatecount prices refresh reads AWS's own.")


def _rows(document: PricesDocument) -> list[list[str]]:
    rows = [
        [each.platform, *(_amount(value, approximate=each.approximate) for value in (each.vcpu, each.gib, each.licence)), each.source]
        for each in document.platforms
    ]
    storage = _amount(document.storage_gib, approximate=document.storage_approximate)
    return [*rows, ["ephemeral storage", "-", storage, "-", "estimate" if document.storage_approximate else "-"]]


def _amount(value: float | None, *, approximate: bool) -> str:
    return "?" if value is None else f"{'~' if approximate else ''}{value:.6g}"
