"""CloudFormation and the stack's bucket: the port `stack.progress.Stacks` by boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError, UnavailableError
from fargatecount.stack.artifact import BUCKET
from fargatecount.stack.progress import ChangeSet, StackEvent, StackState
from fargatecount.workload import Millis

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
NO_CHANGE = ("didn't contain changes", "No updates are to be performed")
"""How CloudFormation says that a change set is empty (it has no code for it)."""
WAIT = 1.0
"""Seconds between two looks at a change set, which takes a few."""
TRIES = 300


class CloudFormationStacks:
    """Stacks of one account and Region."""

    def __init__(self, create: Callable[[str], Any], sleep: Callable[[float], None]) -> None:
        self._cloudformation = create("cloudformation")
        self._s3 = create("s3")
        self._sleep = sleep

    def state(self, name: str) -> StackState | None:
        """Return the stack, or None if there is none."""
        with aws_errors(f"reading stack {name}"):
            try:
                (found,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if _says(error, "does not exist"):
                    return None
                raise
        if found["StackStatus"] in {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}:
            return None
        return StackState(
            name=name,
            status=found["StackStatus"],
            reason=found.get("StackStatusReason", ""),
            parameters={one["ParameterKey"]: one.get("ParameterValue", "") for one in found.get("Parameters", ())},
            outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        )

    def template(self, name: str) -> dict[str, Any]:
        """Return the deployed template."""
        with aws_errors(f"reading the template of stack {name}"):
            body = self._cloudformation.get_template(StackName=name)["TemplateBody"]
        found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
        return found

    def create(self, name: str, template: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Begin to create a stack with a small template."""
        with aws_errors(f"creating stack {name}"), _refusals():
            self._cloudformation.create_stack(
                StackName=name,
                TemplateBody=json.dumps(template),
                Capabilities=CAPABILITIES,
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                OnFailure="DELETE",
            )

    def upload(self, name: str, key: str, body: bytes) -> str:
        """Put an object into the stack's bucket, unless it is there already, and return its URL."""
        bucket = self._bucket(name)
        with aws_errors(f"uploading {key} into bucket {bucket}"):
            if not self._has(bucket, key, len(body)):
                self._s3.put_object(Bucket=bucket, Key=key, Body=body, ServerSideEncryption="AES256")
        return f"{self._s3.meta.endpoint_url}/{bucket}/{key}"

    def prepare(self, name: str, template_url: str, values: Mapping[str, str]) -> ChangeSet:
        """Make a change set. Raises MisconfiguredError if CloudFormation refuses the template or a value."""
        with aws_errors(f"making a change set of stack {name}"), _refusals():
            made = self._cloudformation.create_change_set(
                StackName=name,
                ChangeSetName=f"fargatecount-{uuid4().hex[:12]}",
                TemplateURL=template_url,
                Capabilities=CAPABILITIES,
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            )
            return self._ready(name, made["Id"])

    def _ready(self, name: str, change_set: str) -> ChangeSet:
        for _ in range(TRIES):
            found = self._describe(name, change_set)
            if found["Status"] == "FAILED":
                self._cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set)
                reason = found.get("StatusReason", "")
                if any(words in reason for words in NO_CHANGE):
                    return ChangeSet(id="", changes=())
                raise MisconfiguredError(f"CloudFormation refuses this change of stack {name}: {reason}", remedy="nothing was changed")
            if found["Status"] == "CREATE_COMPLETE":
                return ChangeSet(id=change_set, changes=tuple(self._changes(name, change_set, found)))
            self._sleep(WAIT)
        raise UnavailableError(f"the change set of stack {name} is not ready after {TRIES * WAIT:.0f} s", remedy="run the command again")

    def _describe(self, name: str, change_set: str, **token: str) -> dict[str, Any]:
        found: dict[str, Any] = self._cloudformation.describe_change_set(
            StackName=name, ChangeSetName=change_set, IncludePropertyValues=True, **token
        )
        return found

    def _changes(self, name: str, change_set: str, page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield from page["Changes"]
        while token := page.get("NextToken"):
            page = self._describe(name, change_set, NextToken=token)
            yield from page["Changes"]

    def execute(self, name: str, change_set: ChangeSet) -> None:
        """Begin the change."""
        with aws_errors(f"changing stack {name}"):
            self._cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set.id)

    def discard(self, name: str, change_set: ChangeSet) -> None:
        """Delete a change set that is not executed."""
        with aws_errors(f"deleting the change set of stack {name}"):
            if change_set.id:
                self._cloudformation.delete_change_set(StackName=name, ChangeSetName=change_set.id)

    def delete(self, name: str) -> None:
        """Empty the stack's bucket, and begin to delete the stack."""
        bucket = self._bucket(name, missing_is_fine=True)
        with aws_errors(f"emptying bucket {bucket}"):
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) if bucket else ():
                keys = [{"Key": one["Key"]} for one in page.get("Contents", ())]
                if keys:
                    self._s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        with aws_errors(f"deleting stack {name}"):
            self._cloudformation.delete_stack(StackName=name)

    def events(self, name: str, since: Millis) -> list[StackEvent]:
        """Return the events of the stack from then on, oldest first."""
        found: list[StackEvent] = []
        with aws_errors(f"reading the events of stack {name}"):
            try:
                for page in self._cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
                    fresh = [event for event in map(_event, page["StackEvents"]) if event.at >= since]
                    found += fresh
                    if len(fresh) < len(page["StackEvents"]):  # newest first: the rest is older still
                        break
            except ClientError as error:
                if not _says(error, "does not exist"):  # it was deleted between two looks
                    raise
        return found[::-1]

    def _bucket(self, name: str, *, missing_is_fine: bool = False) -> str:
        with aws_errors(f"finding the bucket of stack {name}"):
            try:
                found = self._cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=BUCKET)
            except ClientError as error:
                if missing_is_fine and _says(error, "does not exist"):
                    return ""
                raise
        return str(found["StackResourceDetail"].get("PhysicalResourceId", ""))

    def _has(self, bucket: str, key: str, size: int) -> bool:
        try:
            return bool(self._s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "403"}:  # without ListBucket S3 answers 403 for a missing key
                return False
            raise


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn CloudFormation's refusal of a template, a name or a value into an error of the caller's input."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ValidationError":
            text = error.response["Error"].get("Message", "")
            raise MisconfiguredError(f"CloudFormation refuses it: {text}", remedy="nothing was changed") from error
        raise


def _says(error: ClientError, words: str) -> bool:
    return words in error.response.get("Error", {}).get("Message", "")


def _event(raw: Mapping[str, Any]) -> StackEvent:
    at: datetime = raw["Timestamp"]
    return StackEvent(
        id=raw["EventId"],
        at=int(at.timestamp() * 1000),
        name=raw.get("LogicalResourceId", ""),
        type=raw.get("ResourceType", ""),
        status=raw.get("ResourceStatus", ""),
        reason=raw.get("ResourceStatusReason", ""),
    )
