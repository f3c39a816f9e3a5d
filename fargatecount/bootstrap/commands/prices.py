"""Bootstrap of `fargatecount prices refresh`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from fargatecount.adapters.price_cache import cached_prices, keep_prices
from fargatecount.adapters.price_list_api import PriceListApi
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.errors import MisconfiguredError
from fargatecount.usage.price_list import RefreshedPrices
from fargatecount.usage.prices import PriceSettings


def with_refreshed(settings: PriceSettings) -> PriceSettings:
    """Return the settings with the prices that were refreshed on this machine."""
    return msgspec.structs.replace(settings, refreshed=cached_prices(os.environ))


def prices_in_use(connection: Connection, warn: Callable[[str], None]) -> PriceSettings:
    """Return the prices of the deployment; without one, those of AWS, after a warning. Errors as for `DeployedStack.outputs` otherwise."""
    try:
        return connection.prices
    except MisconfiguredError as error:
        warn(f"prices without a discount and prices of your own: {error}")
        return with_refreshed(PriceSettings())


def refresh_prices(connection: Connection) -> tuple[Path, RefreshedPrices]:
    """Read the prices of the connection's Region from AWS and keep them; return the file and the prices.

    Raises:
        DeniedError, UnavailableError: AWS refused or did not answer.
        MalformedError: AWS's Price List has no price of Fargate there.
        MisconfiguredError: the file cannot be written, or the partition has no Price List.
    """
    api = PriceListApi(lambda region: connection.create_client("pricing", region_name=region, config=PATIENT))
    found = api.read(connection.region)
    return keep_prices(os.environ, {**cached_prices(os.environ), connection.region: found}), found
