"""AWS as the commands reach it: a session, the deployed stack, and its ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.endpoints import check_endpoints, check_local_endpoint, local_endpoint
from fargatecount.adapters.regions import check_region
from fargatecount.adapters.sessions import aws_errors, open_core_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.commands.stack import DeployedStack
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.clock import Clock
from fargatecount.settings.environment import PREFIX, buckets_from
from fargatecount.usage.price_refresh import in_force
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Cluster, Scope


class Connection(DeployedStack):
    """An account in a Region with your credentials, and the stack that is deployed there."""

    clock: Clock = SystemClock()

    def __init__(self, session: Any, *, stage: str, stack: str | None = None, table: str | None = None) -> None:
        super().__init__(boto3.Session(botocore_session=session), stage=stage, stack=stack, table=table)
        # The session itself, because its credentials refresh: a frozen copy expires while `status -w` or a live page goes on.
        self._core = session

    def of_stack(self, stack: str) -> Connection:
        """Return a connection with the same session to another stack."""
        other = Connection.__new__(Connection)
        # A second boto3 session around the same core would register boto3's own handlers twice, which it refuses.
        DeployedStack.__init__(other, self._session, stage=self._stage, stack=stack)
        other._core = self._core  # noqa: SLF001 - of the same class
        return other

    @property
    def create_client(self) -> Any:
        """The session's client factory, for calls with timeouts and retries of their own."""
        return self._session.client

    @property
    def local_endpoint(self) -> str | None:
        """The endpoint on this machine that answers for AWS, such as that of the embedded AWS; None if AWS itself answers."""
        return local_endpoint(self._environment)

    def client(self, service: str) -> Any:
        """Return a client that retries a few times."""
        return self._session.client(service, config=PATIENT)

    def ledger(self) -> DynamoLedger:
        """Return the ledger of the deployment.

        Raises:
            MisconfiguredError: there is no such deployment.
            DeniedError, UnavailableError: AWS refused or did not answer.
        """
        table = self._table or self.outputs()["TableName"]
        self._check_credentials()
        # The first writer lays out an empty table: a command must lay it out as the functions would.
        deployed = {} if self._table else {f"{PREFIX}BUCKETS": self.outputs().get("Buckets", "")}
        buckets = buckets_from({**deployed, **self._environment})
        return DynamoLedger(table, self._session.region_name, buckets=buckets, session=self._core)

    @property
    def prices(self) -> PriceSettings:
        """The prices of the deployment, with newer ones of AWS: those refreshed here or kept by `reconcile`, whichever are younger."""
        if not self.terms.prices_refresh:
            return super().prices
        return in_force(super().prices, DynamoPrices(self.ledger().items), self.scope())

    def items(self, table: str) -> Items:
        """Return a table that is not the ledger's, such as that of a hub; errors as for `ledger`."""
        self._check_credentials()
        return Items(table, self._session.region_name, session=self._core)

    def _check_credentials(self) -> None:
        with aws_errors("reading the credentials"):
            self._session.get_credentials().get_frozen_credentials()  # an expired login is reported here, not by PynamoDB

    def scope(self) -> Scope:
        """Return the account of the credentials and the Region; errors as for `ledger`."""
        return Scope(self._caller["Account"], self._session.region_name)

    def arn_of(self, cluster: Cluster) -> str:
        """Return a cluster's ARN in the partition of the credentials, which may be younger than this version; errors as for `ledger`."""
        partition = self._caller["Arn"].split(":")[1]
        return f"arn:{partition}:{cluster.kind.lower()}:{cluster.scope.region}:{cluster.scope.account}:cluster/{cluster.name}"

    @cached_property
    def _caller(self) -> Mapping[str, str]:
        with aws_errors("reading the caller's identity"):
            answer: Mapping[str, str] = self._session.client("sts").get_caller_identity()
        return answer


def connect(
    *,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    stage: str = "prod",
    stack: str | None = None,
    table: str | None = None,
) -> Connection:
    """Return a connection with the credentials that the AWS CLI would use.

    Raises:
        MisconfiguredError: the profile does not exist, no Region is set or it is invalid, or an endpoint is no URL.
        DeniedError: there are no credentials, or the role cannot be assumed.
        UnavailableError: STS did not answer, or nothing listens at a local endpoint.
    """
    # boto3 reads AWS_DEFAULT_REGION only; AWS_REGION is what Lambda, the SDKs' common reference and most people set.
    region = region or os.environ.get("AWS_REGION")
    check_endpoints(os.environ)
    check_local_endpoint(os.environ)
    session = open_core_session(region=region, profile=profile, role_arn=role_arn)
    check_region(session, session.get_config_variable("region"), os.environ)
    return Connection(session, stage=stage, stack=stack, table=table)
