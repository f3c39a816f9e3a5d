"""CloudFormation: names that it makes differ between accounts and Regions.

The emulator derives them from the stack and the logical id alone. Roles have one namespace for all Regions of an account, and buckets one
for all accounts: the deployment of one Region would replace the roles of another. On AWS the last part of such a name is random
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html); here it stays the same at an update.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from ministack.core import responses
from ministack.services.cloudformation import provisioners

SUFFIX: Final = 13
"""Characters of the last part; a long name is cut before it."""


def apply() -> None:
    """Make the last part of a name depend on the account and the Region too."""
    make = provisioners._physical_name

    def named(stack: str, logical_id: str, **options: Any) -> str:
        return placed(make(stack, logical_id, **options), responses.get_account_id(), responses.get_region())

    provisioners._physical_name = named


def placed(name: str, account: str, region: str) -> str:
    """Return a name whose last part, of the same length and case, also depends on the account and the Region."""
    suffix = name[-SUFFIX:]
    digest = hashlib.sha256(f"{suffix}/{account}/{region}".encode()).hexdigest()[: len(suffix)]
    return name[: -len(suffix)] + (digest if suffix == suffix.lower() else digest.upper())
