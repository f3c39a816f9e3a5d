"""What CloudFormation refuses about a StackSet or about the account that asks, as an error with its remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError

PRINCIPAL = "member.org.stacksets.cloudformation.amazonaws.com"
TRUST = (
    "in the management account: aws cloudformation activate-organizations-access;"
    " the console asks for it on the page StackSets (Enable trusted access)"
)
DELEGATE = (
    "use credentials of the management account, or let it delegate: aws organizations register-delegated-administrator"
    f" --service-principal {PRINCIPAL} --account-id ACCOUNT"
)
REFUSED = {
    "ValidationError",
    "InvalidOperationException",
    "NameAlreadyExistsException",
    "LimitExceededException",
    "StackSetNotEmptyException",
}
BUSY = {"OperationInProgressException", "StaleRequestException"}


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Turn what CloudFormation refuses about this input, or about this account, into an error with its remedy."""
    with aws_errors(doing):
        try:
            yield
        except ClientError as error:
            code, text = error.response.get("Error", {}).get("Code", ""), error.response.get("Error", {}).get("Message", "")
            if code in BUSY:
                raise MisconfiguredError(f"{doing}: another operation is running", remedy="run the command again: it follows it") from error
            if code in REFUSED:
                raise MisconfiguredError(f"{doing}: {text or code}", remedy=_remedy(text)) from error
            raise


def _remedy(text: str) -> str:
    if re.search(r"management account|delegated admin|master account", text):
        return DELEGATE
    if re.search(r"trusted access|Organizations access", text):
        return TRUST
    if re.search(r"[Ll]imit", text):
        return "Service Quotas raises the quotas of CloudFormation StackSets"
    return "correct what the message names; nothing was begun"
