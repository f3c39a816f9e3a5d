"""STS and EKS behind HTTP, as boto3 speaks to them, beside the fake ECS of `aws_server`: an AWS for processes that moto cannot reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.aws_server import Quotas, serving
from tests.support.builders import SCOPE
from tests.support.fake_ecs import FakeEcs
from tests.support.http_server import Reply, Request, answering

CALLER = f"arn:aws:iam::{SCOPE.account}:user/ann"
WHO = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>{CALLER}</Arn><UserId>ann</UserId><Account>{SCOPE.account}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@contextmanager
def whole_aws(ecs: FakeEcs) -> Iterator[dict[str, str]]:
    """Serve an account with these ECS clusters and no EKS cluster; yield the environment of a user in it."""

    def rest(request: Request) -> Reply:
        return Reply(WHO, "text/xml") if request.method == "POST" else Reply('{"clusters": []}', "application/json")

    with serving(ecs, Quotas()) as ours, answering(rest) as url:
        yield {
            "AWS_ENDPOINT_URL_ECS": ours,
            "AWS_ENDPOINT_URL_SERVICE_QUOTAS": ours,
            "AWS_ENDPOINT_URL_STS": url,
            "AWS_ENDPOINT_URL_EKS": url,
        }
