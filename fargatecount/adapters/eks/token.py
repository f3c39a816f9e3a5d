"""A bearer token for an EKS cluster, made locally: a presigned STS request that only the cluster's API server sends.

The form is that of `aws eks get-token` and of aws-iam-authenticator
(https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster):
`k8s-aws-v1.` and the URL of GetCallerIdentity, signed together with the cluster's name, in unpadded base64url. Signing needs no network,
so every request gets a new token.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from botocore.config import Config

from fargatecount.adapters.sessions import aws_errors

PREFIX = "k8s-aws-v1."
HEADER = "x-k8s-aws-id"
"""Binds the token to one cluster: no other accepts it."""
EXPIRES = 60
"""Seconds in the URL, the same in all clients; the API server checks the date instead, and accepts the token for 15 minutes."""


def sts_client(create: Callable[..., Any], region: str) -> Any:
    """Return an STS client for signing, from `create` of a session (boto3 `client` or botocore `create_client`).

    Its URL is the public one of the Region even if AWS_ENDPOINT_URL is set, because the API server sends tokens only there.
    """
    public: dict[str, Any] = {"ignore_configured_endpoint_urls": True}  # botocore has it since 1.31, its type stubs do not
    return create("sts", region_name=region, config=Config(**public))


class EksTokens:
    """Makes tokens with the credentials of one STS client, which refreshes them as for its own calls."""

    def __init__(self, sts: Any) -> None:
        self._sts = sts
        sts.meta.events.register("provide-client-params.sts.GetCallerIdentity", _take_name, unique_id="fargatecount-eks-name")
        sts.meta.events.register("before-sign.sts.GetCallerIdentity", _sign_name, unique_id="fargatecount-eks-sign")

    def mint(self, cluster: str) -> str:
        """Return a token for the cluster of that name.

        Raises:
            DeniedError: there are no credentials.
            UnavailableError: the credentials could not be refreshed.
        """
        with aws_errors(f"signing a token for EKS cluster {cluster}"):
            url = self._sts.generate_presigned_url("get_caller_identity", Params={HEADER: cluster}, ExpiresIn=EXPIRES, HttpMethod="GET")
        return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _take_name(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    # GetCallerIdentity has no such parameter: pass it in the request's context instead of its query.
    if HEADER in params:
        context[HEADER] = params.pop(HEADER)


def _sign_name(request: Any, **_: Any) -> None:
    if HEADER in request.context:
        request.headers[HEADER] = request.context[HEADER]
