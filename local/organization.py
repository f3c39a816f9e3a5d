"""An embedded organization: a hub, and a member in every account and Region, each deployed from the real templates.

The first account is the management account, and has the hub in its first Region. The hub is deployed by osls. Members are packaged once
and deployed by `fargatecount deploy`, all at the same time.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import boto3

from local.deploy import STAGE, deploy, package
from local.errors import LocalError
from local.place import Place
from local.process import CHECKOUT
from local.stack import Stack
from tools import artifact

MANAGEMENT: Final = "111111111111"
MOST: Final = 4
"""Accounts, and Regions: sixteen deployments are as many as a machine with two cores can run."""
REGIONS: Final = ("eu-west-1", "us-east-1", "ap-southeast-2", "eu-central-1")
NAMES: Final = ("shop-prod", "shop-test", "data-prod", "data-test")
HUB_CONFIG: Final = "serverless.hub.yml"
HUB_STACK: Final = f"fargatecount-hub-{STAGE}"
MEMBER_STACK: Final = f"fargatecount-{STAGE}"
NETWORK: Final = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}


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
        return self.stack.environment(place)

    def client(self, service: str, place: Place) -> Any:
        """Return a boto3 client of a service in an account and Region."""
        session = boto3.Session(aws_access_key_id=place.account, aws_secret_access_key="test", region_name=place.region)
        return session.client(service, endpoint_url=self.stack.endpoint)

    def deploy(self) -> None:
        """Deploy the hub and every member; raises LocalError."""
        self.deploy_hub()
        self.deploy_members()
        self.stack.record_places(self.places)

    def deploy_hub(self, **settings: str) -> None:
        """Deploy the hub for this organization; raises LocalError."""
        self._deploy(self.hub, {"organizationId": self.id, **settings}, HUB_CONFIG)

    def deploy_members(self, **settings: str) -> None:
        """Deploy a member that reports to the hub in every account and Region; raises LocalError if one of them fails."""
        packaged, folder = self.stack.state / "package", self.stack.state / "artifact"
        package(CHECKOUT, packaged, self.stack.deploy_log, self.environment(self.hub))
        template = json.loads((packaged / "cloudformation-template-update-stack.json").read_text())
        artifact.write(template, (packaged / "fargatecount.zip").read_bytes(), folder)
        chosen = {"hubBusArn": self.hub_outputs()["HubBusArn"], **settings}
        words = ["deploy", "--yes", "--stage", STAGE, *(f"--set={name}={value}" for name, value in chosen.items())]
        with ThreadPoolExecutor(len(self.places)) as pool:
            done = list(pool.map(lambda place: self.command(place, *words, FARGATECOUNT_ARTIFACT=str(folder)), self.places))
        for place, one in zip(self.places, done, strict=True):
            if one.returncode:
                raise LocalError(f"the deployment in {place.account} {place.region} failed: {one.stderr.strip()}")

    def hub_outputs(self) -> Mapping[str, str]:
        """Return the outputs of the hub's stack."""
        return self.outputs(self.hub, HUB_STACK)

    def outputs(self, place: Place, stack: str = MEMBER_STACK) -> Mapping[str, str]:
        """Return the outputs of a stack."""
        (found,) = self.client("cloudformation", place).describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}

    def run(self, function: str, *places: Place) -> None:
        """Invoke a function now, as its schedule does, in all of these places at the same time, and wait for it.

        In a scope above the warning level `publish` stays for the rest of its minute, so that it is long to wait for.
        """
        with ThreadPoolExecutor(len(places)) as pool:
            list(pool.map(lambda place: self.client("lambda", place).invoke(FunctionName=function, Payload=b"{}"), places))

    def start(self, place: Place, cluster: str, tasks: int, *, cpu: int = 256) -> list[str]:
        """Start tasks, ten at most, and return their ARNs; each has a quarter of a vCPU unless `cpu` says otherwise, and 2 MiB per unit."""
        ecs = self.client("ecs", place)
        ecs.register_task_definition(
            family="job",
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu=str(cpu),
            memory=str(2 * cpu),
            containerDefinitions=[{"name": "app", "image": "job", "essential": True}],
        )
        ecs.create_cluster(clusterName=cluster)
        answer = ecs.run_task(cluster=cluster, taskDefinition="job", count=tasks, launchType="FARGATE", networkConfiguration=NETWORK)
        return [str(task["taskArn"]) for task in answer["tasks"]]

    def set_reporting(self, place: Place, *, on: bool) -> None:
        """Switch the rule that takes the usage events of a member to the hub on or off."""
        events = self.client("events", place)
        (rule,) = (each["Name"] for each in events.list_rules()["Rules"] if "Fargate Usage" in each.get("EventPattern", ""))
        (events.enable_rule if on else events.disable_rule)(Name=rule)

    def command(self, place: Place, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command line as a user of that account does."""
        command: Sequence[str] = [sys.executable, "-m", "fargatecount.cli", *words]
        environment = {"PATH": "/usr/bin:/bin", **self.environment(place), **variables}
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=120, check=False)

    def _deploy(self, place: Place, settings: Mapping[str, str], config: str = "serverless.yml") -> None:
        deploy(CHECKOUT, self.stack.deploy_log, self.environment(place), settings, config=config)
