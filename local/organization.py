"""An embedded organization: a hub, and a member in every account and Region, each deployed from the real templates.

The first account is the management account, and has the hub in its first Region. The emulator keeps accounts apart by the access key:
twelve digits are an account.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import boto3

from local.deploy import STAGE, deploy
from local.process import CHECKOUT
from local.stack import Stack

MANAGEMENT: Final = "111111111111"
REGIONS: Final = ("eu-west-1", "us-east-1", "ap-southeast-2", "eu-central-1")
NAMES: Final = ("shop-prod", "shop-test", "data-prod", "data-test")
HUB_CONFIG: Final = "serverless.hub.yml"
HUB_STACK: Final = f"fargatecount-hub-{STAGE}"
MEMBER_STACK: Final = f"fargatecount-{STAGE}"


@dataclass(frozen=True)
class Place:
    """One account in one Region."""

    account: str
    region: str


class EmbeddedOrganization:
    """An organization on a running emulator."""

    def __init__(self, stack: Stack, accounts: int = 2, regions: int = 2) -> None:
        """Create the organization and its accounts; nothing is deployed."""
        self.stack = stack
        organizations = self.client("organizations", Place(MANAGEMENT, REGIONS[0]))
        self.id = str(organizations.describe_organization()["Organization"]["Id"])
        created = [
            organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
            for name in NAMES[: accounts - 1]
        ]
        self.accounts = [MANAGEMENT, *map(str, created)]
        self.places = [Place(account, region) for account in self.accounts for region in REGIONS[:regions]]

    @property
    def hub(self) -> Place:
        """The account and Region of the hub."""
        return self.places[0]

    def environment(self, place: Place) -> dict[str, str]:
        """Return the variables that make any AWS client, and fargatecount, talk to this account and Region."""
        region = {"AWS_REGION": place.region, "AWS_DEFAULT_REGION": place.region}
        return self.stack.environment() | region | {"AWS_ACCESS_KEY_ID": place.account}

    def client(self, service: str, place: Place) -> Any:
        """Return a boto3 client of a service in an account and Region."""
        session = boto3.Session(aws_access_key_id=place.account, aws_secret_access_key="test", region_name=place.region)
        return session.client(service, endpoint_url=self.stack.endpoint)

    def deploy_hub(self, **settings: str) -> None:
        """Deploy the hub for this organization; raises LocalError."""
        self._deploy(self.hub, {"organizationId": self.id, **settings}, HUB_CONFIG)

    def deploy_member(self, place: Place, **settings: str) -> None:
        """Deploy a member that reports to the hub; raises LocalError."""
        self._deploy(place, {"hubBusArn": self.hub_outputs()["HubBusArn"], **settings})

    def hub_outputs(self) -> Mapping[str, str]:
        """Return the outputs of the hub's stack."""
        return self.outputs(self.hub, HUB_STACK)

    def outputs(self, place: Place, stack: str = MEMBER_STACK) -> Mapping[str, str]:
        """Return the outputs of a stack."""
        (found,) = self.client("cloudformation", place).describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def run(self, function: str, place: Place) -> None:
        """Invoke a function now, as its schedule does, and wait for it."""
        self.client("lambda", place).invoke(FunctionName=function, Payload=b"{}")

    def command(self, place: Place, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user of that account does."""
        command: Sequence[str] = [sys.executable, "-m", "fargatecount.cli", *words]
        environment = {"PATH": "/usr/bin:/bin", **self.environment(place)}
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def _deploy(self, place: Place, settings: Mapping[str, str], config: str = "serverless.yml") -> None:
        deploy(CHECKOUT, self.stack.deploy_log, self.environment(place), settings, config=config)
