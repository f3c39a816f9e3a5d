"""Regions: those that an account has switched on, and what may be wrong with a Region's name.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html; needs `ec2:DescribeRegions`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from fargatecount.adapters.sessions import aws_errors


def enabled_regions(ec2: Any) -> list[str]:
    """Return the Regions that are switched on in the account of a botocore client `ec2`.

    Raises:
        DeniedError, UnavailableError: EC2 refused, or did not answer.
    """
    with aws_errors("asking which Regions the account has", remedy="allow ec2:DescribeRegions here, or name the Regions: --region"):
        return sorted(region["RegionName"] for region in ec2.describe_regions()["Regions"])


def doubt(session: Any, region: str) -> str | None:
    """Return what is odd about a Region's name; None where it is one that botocore knows, in any partition.

    A name that it does not know may be that of a Region younger than it, so nothing is refused because of this.
    """
    known = [name for partition in session.get_available_partitions() for name in session.get_available_regions("ecs", partition)]
    if region in known:
        return None
    alike = get_close_matches(region, known, n=3)
    meant = f": did you mean {', '.join(alike)}?" if alike else "; `aws ec2 describe-regions` names those of your account"
    return f"{region!r} is no Region that this version knows{meant}"
