"""Artifacts, each packaged once per test run however many processes share it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.package.artefact import Artefact, package

KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BOUNDARY = "arn:aws:iam::123456789012:policy/acme/boundary"
HUB_BUS = "arn:aws:events:eu-west-1:210987654321:event-bus/fargatecount-hub-prod"
OPTIONS = (
    f"tableKmsKeyArn={KMS_KEY}",
    f"permissionsBoundary={BOUNDARY}",
    "rolePath=/acme/",
    "prefix=acme-fargate",
    "functionPrefix=acme-fargate-prod",
    "armed=true",
    "namespace=Acme/Fargate",
    "buckets=8",
    "batchSize=100",
    "batchWindow=1",
    "maximumConcurrency=20",
    "logLevel=DEBUG",
    "logRetentionInDays=90",
    "deletionProtection=false",
    "reconcileMinutes=2",
    "vpcSubnetIds=subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "vpcSecurityGroupIds=sg-0123456789abcdef0",
    "reportRetentionInDays=30",
    "historyRetentionInDays=800",
    "ownerTag=team",
    "ownerLabel=example.com/team",
    "athena=true",
    "pricesRefresh=true",
    "retireDays=30",
    "functionMetrics=true",
    'limits={"total": {"vcpu": 200}, "clusters": {"ECS-prod-*": {"workloads": 9}}}',
    "discountPercent=12.5",
    "spotFactor=0.4",
    'regionPrices={"eu-west-1": {"storage": 0.0001}}',
    "metricPrefix=acme",
    "detail=service",
    "include=ECS-*",
    "exclude=*-test,*-dev",
    "topServices=7",
    "warningPercent=70",
    "criticalPercent=90",
    "limitPercent=75",
    "driftBound=3",
    "eventAgeMilliseconds=30000",
    "healthMinutes=5",
    "livenessMinutes=2",
    "pagingEmail=pager@example.com",
    "quietEmail=team@example.com",
    "chat=true",
    f"hubBusArn={HUB_BUS}",
)


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run's directory: with pytest-xdist each worker's own lies inside it."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def prod(shared_directory: Path) -> Artefact:
    """The default stage, nothing set."""
    return package(shared_directory, "prod", "prod")


@pytest.fixture(scope="session")
def prod_with_options(shared_directory: Path) -> Artefact:
    """The default stage with every setting changed."""
    return package(shared_directory, "prod-with-options", "prod", OPTIONS)


@pytest.fixture(scope="session")
def hub(shared_directory: Path) -> Artefact:
    """The hub of one account, unarmed: nothing set."""
    return package(shared_directory, "hub", "prod", config="serverless.hub.yml")


@pytest.fixture(scope="session")
def local(shared_directory: Path) -> Artefact:
    """The stage of the embedded AWS."""
    return package(shared_directory, "local", "local")


@pytest.fixture(scope="session", params=["prod", "prod_with_options", "local"])
def artefact(request: pytest.FixtureRequest) -> Artefact:
    """Each of the three in turn."""
    found: Artefact = request.getfixturevalue(request.param)
    return found
