"""The code in each Region: one bucket that the accounts of the organization may read.

Pure. Lambda takes the code of a function from a bucket of its own Region
(https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html). The reader is the role that CloudFormation has in a member account,
so the organization of the caller is the condition. S3 does not count such a policy as public
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html), so public access stays blocked.
"""

from __future__ import annotations

from typing import Any, Protocol


def bucket_prefix(account: str) -> str:
    """Return the first part of the names of the buckets: names of buckets are the same for everybody, so the account is in it."""
    return f"fargatecount-code-{account}"


def bucket_of(prefix: str, region: str) -> str:
    """Return the bucket of a Region, as the template names it."""
    return f"{prefix}-{region}"


def bucket_policy(bucket: str, organization: str, partition: str, *, require_tls: bool) -> dict[str, Any]:
    """Return the policy of a bucket: the accounts of the organization may read objects, and over TLS only unless that is switched off."""
    objects = f"arn:{partition}:s3:::{bucket}/*"
    read: dict[str, Any] = {
        "Sid": "TheOrganizationReadsTheCode",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": objects,
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}},
    }
    tls: dict[str, Any] = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:{partition}:s3:::{bucket}", objects],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [read, tls] if require_tls else [read]}


class CodeBuckets(Protocol):
    """The buckets of this account in all Regions; every method raises DeniedError and UnavailableError."""

    def has(self, bucket: str, region: str, key: str) -> bool:
        """Return whether the bucket is there and has the object."""
        ...

    def ensure(self, bucket: str, region: str, policy: dict[str, Any]) -> None:
        """Make the bucket if it is missing, block public access and set the policy.

        Raises:
            MisconfiguredError: the bucket belongs to another account.
        """
        ...

    def put(self, bucket: str, region: str, key: str, body: bytes) -> str:
        """Put an object, and return its URL."""
        ...
