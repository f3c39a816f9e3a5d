"""Authentication by bearer tokens in a simulated cluster: static ones, and those that EKS accepts.

An EKS token is `k8s-aws-v1.` and a presigned STS GetCallerIdentity URL. EKS sends that URL to STS with the header `x-k8s-aws-id: <its own
cluster name>`, so that a signature made for another cluster is worth nothing; here the signature is recomputed instead, for the access keys
whose secret is known, and of others only the form is checked
(https://github.com/kubernetes-sigs/aws-iam-authenticator/blob/v0.7.0/pkg/token/token.go).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from local.kubernetes.refusal import RefusalError

PREFIX: Final = "k8s-aws-v1."
LONGEST: Final = 4096
"""Bytes of a token."""
LIFE: Final = 15 * 60
"""Seconds after X-Amz-Date during which EKS takes a token."""
SKEW: Final = 5 * 60
"""Seconds by which STS lets X-Amz-Date lie in the future: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html."""

MASTERS: Final = "system:masters"
"""The group that may do everything, whatever the roles say."""


class User(msgspec.Struct, frozen=True):
    """A Kubernetes user."""

    name: str
    groups: frozenset[str] = frozenset()

    @property
    def is_admin(self) -> bool:
        """Whether the user may do everything."""
        return MASTERS in self.groups


ANONYMOUS: Final = User("system:anonymous", frozenset({"system:unauthenticated"}))


class Tokens:
    """The tokens that one cluster accepts."""

    def __init__(self, cluster: str, secrets: Mapping[str, str], now: Callable[[], float] = time.time) -> None:
        """Take EKS tokens for `cluster`, verified by `secrets` (access key to secret key)."""
        self._cluster = cluster
        self._secrets = secrets
        self._now = now
        self._static: dict[str, User] = {}
        self._entries: dict[str, frozenset[str]] = {}
        self.identify: Callable[[str], User | None] | None = None
        """Returns the owner of an EKS token, instead of the access keys that are known here; None for an unknown token."""

    def add(self, token: str, user: User) -> None:
        """Accept a static token."""
        self._static[token] = user

    def enter(self, access_key: str, groups: frozenset[str]) -> None:
        """Give the owner of an access key Kubernetes groups, as an EKS access entry does; no groups takes them away."""
        self._entries[access_key] = groups

    def user(self, authorization: str | None) -> User:
        """Return the user of this Authorization header.

        Raises:
            RefusalError: 401, where there is a token and it is not accepted.
        """
        if not authorization:
            return ANONYMOUS
        token = authorization.removeprefix("Bearer ").strip()
        if user := self._static.get(token):
            return user
        if token.startswith(PREFIX) and self.identify is not None:
            if user := self.identify(token):
                return user
            raise RefusalError(401, "Unauthorized", "Unauthorized")
        if token.startswith(PREFIX) and (access_key := self._access_key(token)):
            return User(f"arn:aws:iam::000000000000:user/{access_key}", self._entries.get(access_key, frozenset()))
        raise RefusalError(401, "Unauthorized", "Unauthorized")

    def _access_key(self, token: str) -> str | None:
        """Return the access key with which an EKS token was signed, None where EKS would not take the token."""
        if len(token) > LONGEST:
            return None
        encoded = token.removeprefix(PREFIX)
        try:
            url = urllib.parse.urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
            query = dict(urllib.parse.parse_qsl(url.query, strict_parsing=True))
            signed_at = dt.datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%S%z").timestamp()
            access_key = query["X-Amz-Credential"].split("/")[0]
            acceptable = (
                url.scheme == "https"
                and (url.hostname or "").startswith("sts.")
                and query["Action"] == "GetCallerIdentity"
                and "x-k8s-aws-id" in query["X-Amz-SignedHeaders"].split(";")
                and -SKEW <= self._now() - signed_at <= LIFE
                and 0 < int(query["X-Amz-Expires"]) <= LIFE
            )
        except (ValueError, KeyError, binascii.Error):
            return None
        secret = self._secrets.get(access_key)
        if (
            acceptable
            and secret
            and not hmac.compare_digest(signature(url, query, secret, self._cluster), query.get("X-Amz-Signature", ""))
        ):
            return None
        return access_key if acceptable else None


def signature(url: urllib.parse.SplitResult, query: Mapping[str, str], secret: str, cluster: str) -> str:
    """Return the Signature Version 4 that the URL has to carry when `x-k8s-aws-id` is the cluster's name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    values = {"host": url.netloc, "x-k8s-aws-id": cluster}
    signed_headers = query["X-Amz-SignedHeaders"].split(";")
    quoted = sorted((_quote(key), _quote(value)) for key, value in query.items() if key != "X-Amz-Signature")
    canonical = "\n".join(
        (
            "GET",
            url.path or "/",
            "&".join(f"{key}={value}" for key, value in quoted),
            *(f"{name}:{values.get(name, '')}" for name in signed_headers),
            "",
            query["X-Amz-SignedHeaders"],
            hashlib.sha256(b"").hexdigest(),
        )
    )
    _, *scope = query["X-Amz-Credential"].split("/")
    to_sign = "\n".join(("AWS4-HMAC-SHA256", query["X-Amz-Date"], "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    key = b"AWS4" + secret.encode()
    for part in (*scope, to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")
