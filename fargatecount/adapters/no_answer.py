"""Why an endpoint of AWS gave no answer, by botocore's errors, and what to do about each.

The proxy, its password, a certificate authority that is not trusted here, a kind of endpoint (FIPS, dual-stack) that a service or a
partition lacks: botocore reports most of them as "could not connect". https://docs.aws.amazon.com/general/latest/gr/rande.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EndpointVariantError,
    HTTPClientError,
    ProxyConnectionError,
    SSLError,
)

NETWORK = "check the network, the Region's name and AWS_ENDPOINT_URL"
ANY_KIND = "unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT (use_fips_endpoint and use_dualstack_endpoint of the profile)"
FIPS = "the service may have no FIPS endpoint in this Region: unset AWS_USE_FIPS_ENDPOINT (use_fips_endpoint of the profile)"
DUAL_STACK = (
    "the service may have no dual-stack endpoint in this Region: unset AWS_USE_DUALSTACK_ENDPOINT (use_dualstack_endpoint of the profile)"
)
CA_BUNDLE = "name the PEM file of the authority that signs here, often that of a proxy, by AWS_CA_BUNDLE (ca_bundle of the profile)"
PROXY = "check HTTPS_PROXY, or except AWS from it: NO_PROXY=.amazonaws.com"
PROXY_LOGIN = "the proxy wants a user and a password: HTTPS_PROXY=http://user:password@host:port"

_FIPS_HOST = re.compile(r"(^|[.-])fips[.-]")
_DUAL_STACK_HOST = re.compile(r"\.dualstack\.|\.api\.(aws|amazonwebservices|cloud-aws)\b")
_STATUS = re.compile(r"Tunnel connection failed: (\d{3}[^'\")]*)")
"""As http.client words a proxy's refusal of CONNECT."""


def text_of(error: BotoCoreError) -> str:
    """Return what went wrong in one sentence; botocore leaves out what a proxy answered."""
    answered = _proxy_answer(error) if isinstance(error, ProxyConnectionError) else ""
    return f"{error}: it answered {answered}" if answered else str(error)


def remedy_of(error: BotoCoreError) -> str:
    """Return what to do about an error without an answer."""
    if isinstance(error, EndpointVariantError):
        return ANY_KIND
    if isinstance(error, SSLError):
        return CA_BUNDLE
    if isinstance(error, HTTPClientError) and "CA certificate bundle" in str(error):
        return CA_BUNDLE
    if isinstance(error, ProxyConnectionError):
        return PROXY_LOGIN if _proxy_answer(error).startswith("407") else PROXY
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        host = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or ""
        if _FIPS_HOST.search(host):
            return FIPS
        if _DUAL_STACK_HOST.search(host):
            return DUAL_STACK
    return NETWORK


def _proxy_answer(error: ProxyConnectionError) -> str:
    found = next((match for cause in _causes(error) if (match := _STATUS.search(str(cause)))), None)
    return found.group(1).strip() if found else ""


def _causes(error: BotoCoreError) -> Iterator[BaseException]:
    seen = error.kwargs.get("error")
    while isinstance(seen, BaseException):
        yield seen
        seen = getattr(seen, "original_error", None) or seen.__cause__
