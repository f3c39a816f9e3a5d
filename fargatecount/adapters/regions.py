"""Regions: those that an account has enabled, and doubts about a Region's name.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html; needs `ec2:DescribeRegions`.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from fargatecount.adapters.sessions import aws_errors


def enabled_regions(ec2: Any) -> list[str]:
    """Return the Regions that are enabled in the account of a botocore client `ec2`.

    Raises:
        DeniedError, UnavailableError: EC2 refused, or did not answer.
    """
    with aws_errors("listing the Regions of the account", remedy="allow ec2:DescribeRegions here, or name the Regions: --region"):
        return sorted(region["RegionName"] for region in ec2.describe_regions()["Regions"])


def doubt(session: Any, region: str) -> str | None:
    """Return a doubt about a Region's name; None where botocore knows it, in any partition.

    An unknown name may belong to a Region that is newer than botocore, so a doubt is no reason to refuse it.
    """
    known = [name for partition in session.get_available_partitions() for name in session.get_available_regions("ecs", partition)]
    if region in known:
        return None
    alike = get_close_matches(region, known, n=3)
    meant = f": did you mean {', '.join(alike)}?" if alike else "; `aws ec2 describe-regions` lists those of your account"
    return f"{region!r} is not a Region that this version knows{meant}"
