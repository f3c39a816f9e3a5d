"""Buckets with the functions' code in every Region: the port `rollout.code_bucket.CodeBuckets` by boto3."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError

ELSEWHERE = {"404", "NoSuchBucket", "NoSuchKey", "403"}
"""Without s3:ListBucket S3 answers 403 for a missing key."""
NO_CONSTRAINT = "us-east-1"
"""The one Region that CreateBucket takes no LocationConstraint for
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html)."""


class S3CodeBuckets:
    """The buckets of one account; `create` makes a client of S3 in a Region."""

    def __init__(self, create: Callable[[str], Any], account: str) -> None:
        self._create = create
        self._owner = {"ExpectedBucketOwner": account}
        self._clients: dict[str, Any] = {}

    def has(self, bucket: str, region: str, key: str) -> bool:
        """Return whether the bucket is there and has the object."""
        with aws_errors(f"looking for {key} in bucket {bucket}"):
            try:
                self._in(region).head_object(Bucket=bucket, Key=key, **self._owner)
            except ClientError as error:
                if error.response["Error"]["Code"] in ELSEWHERE:
                    return False
                raise
        return True

    def ensure(self, bucket: str, region: str, policy: dict[str, Any]) -> None:
        """Make the bucket if it is missing, block public access and set the policy."""
        s3 = self._in(region)
        with aws_errors(f"making bucket {bucket}"):
            constraint = {} if region == NO_CONSTRAINT else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            try:
                s3.create_bucket(Bucket=bucket, **constraint)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code == "BucketAlreadyExists":
                    raise MisconfiguredError(
                        f"bucket {bucket} belongs to another account", remedy="give another name: --code-bucket-prefix NAME"
                    ) from error
                if code != "BucketAlreadyOwnedByYou":
                    raise
        with aws_errors(f"setting the policy of bucket {bucket}"):
            s3.put_public_access_block(
                Bucket=bucket,
                PublicAccessBlockConfiguration={
                    "BlockPublicAcls": True,
                    "IgnorePublicAcls": True,
                    "BlockPublicPolicy": True,
                    "RestrictPublicBuckets": True,
                },
                **self._owner,
            )
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy), **self._owner)

    def put(self, bucket: str, region: str, key: str, body: bytes) -> str:
        """Put an object, and return its URL."""
        s3 = self._in(region)
        with aws_errors(f"uploading {key} into bucket {bucket}"):
            s3.put_object(Bucket=bucket, Key=key, Body=body, ServerSideEncryption="AES256", **self._owner)
        # CloudFormation reads templates by this form in every Region and partition, and an endpoint on this machine by its own.
        return f"{s3.meta.endpoint_url}/{bucket}/{key}"

    def _in(self, region: str) -> Any:
        if region not in self._clients:
            self._clients[region] = self._create(region)
        return self._clients[region]
