"""Which accounts a roll-out reaches: those of the units, without the closed ones and the management account.

Pure. StackSets never deploys to the management account by the units
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs.html), and it skips closed accounts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from fargatecount.errors import MisconfiguredError
from fargatecount.matching import did_you_mean
from fargatecount.organization.accounts import ACTIVE, OrganizationAccount

_UNIT_ID = re.compile(r"ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}|r-[a-z0-9]{4,32}")
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html, and of the root."""
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """The organization of the caller."""

    id: str
    management: str
    """Id of the management account."""
    accounts: Sequence[OrganizationAccount]


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts below some units."""

    accounts: tuple[OrganizationAccount, ...]
    """Those that get stacks."""
    closed: tuple[OrganizationAccount, ...]
    management: OrganizationAccount | None
    """The management account, if it is below them."""


def resolve_units(names: Iterable[str], accounts: Sequence[OrganizationAccount]) -> tuple[str, ...]:
    """Return the ids of units that are given by id or by path (`Root/Prod`).

    Raises:
        MisconfiguredError: no account is below that path, so its id is not known here.
    """
    ids: dict[str, str] = {}
    for account in accounts:
        parts = account.unit.split("/")
        ids.update({"/".join(parts[: depth + 1]): unit for depth, unit in enumerate(account.unit_ids)})
    found = []
    for name in names:
        unit = ids.get(name.strip("/")) or (name if _UNIT_ID.fullmatch(name) else None)
        if unit is None:
            raise MisconfiguredError(
                f"no account is in the organizational unit {name!r}{did_you_mean(name, ids)}",
                remedy="give its path from the root (Root/Prod), or its id (ou-…); `aws organizations list-roots` has the root's",
            )
        found.append(unit)
    return tuple(dict.fromkeys(found))


def reach_of(units: Sequence[str], organization: Organization) -> Reach:
    """Return the accounts below the units."""
    below = sorted((each for each in organization.accounts if set(units) & set(each.unit_ids)), key=lambda each: each.id)
    others = [each for each in below if each.id != organization.management]
    return Reach(
        accounts=tuple(each for each in others if each.status == ACTIVE),
        closed=tuple(each for each in others if each.status != ACTIVE),
        management=next((each for each in below if each.id == organization.management), None),
    )


def check_regions(regions: Iterable[str]) -> tuple[str, ...]:
    """Return the Regions of `--regions`, each once.

    Raises:
        MisconfiguredError: one does not look like a Region.
    """
    found = tuple(dict.fromkeys(part for text in regions for part in re.split(r"[\s,]+", text) if part))
    wrong = [each for each in found if not _REGION.fullmatch(each)]
    if wrong:
        raise MisconfiguredError(f"{', '.join(wrong)}: no name of a Region", remedy="write --regions eu-west-1,us-east-1")
    return found
