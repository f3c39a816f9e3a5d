"""Regions: those that an account has enabled, doubts about a Region's name, and whether the name can be right.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html; needs `ec2:DescribeRegions`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError


def enabled_regions(ec2: Any) -> list[str]:
    """Return the Regions that are enabled in the account of a botocore client `ec2`.

    Raises:
        DeniedError, UnavailableError: EC2 refused, or did not answer.
    """
    with aws_errors("listing the Regions of the account", remedy="allow ec2:DescribeRegions here, or name the Regions: --region"):
        return sorted(region["RegionName"] for region in ec2.describe_regions()["Regions"])


def doubt(session: Any, region: str) -> str | None:
    """Return a doubt about a Region's name; None where botocore knows it, in any partition.

    An unknown name may belong to a Region that is newer than botocore: `check_region` decides.
    """
    known = [name for partition in session.get_available_partitions() for name in session.get_available_regions("ecs", partition)]
    if region in known:
        return None
    alike = get_close_matches(region, known, n=3)
    meant = f": did you mean {', '.join(alike)}?" if alike else "; `aws ec2 describe-regions` lists those of your account"
    return f"{region!r} is not a Region that this version knows{meant}"


def check_region(session: Any, region: str, environment: Mapping[str, str], resolve: Callable[[str], Any] = socket.gethostbyname) -> None:
    """Do nothing if a Region's name may be right: botocore knows it, or its STS has an address.

    Only a name that botocore does not know is looked up, so a Region that is younger than this version works. Behind a proxy or another
    endpoint the address proves nothing, and every name is accepted.

    Raises:
        MisconfiguredError: there is no such Region; the text has the names that are close.
    """
    names = {name.upper() for name, value in environment.items() if value}
    if names & {"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} or any(name.startswith("AWS_ENDPOINT_URL") for name in names):
        return
    reason = doubt(session, region)
    if reason is None:
        return
    try:
        resolve(str(urlsplit(session.create_client("sts", region_name=region).meta.endpoint_url).hostname))
    except OSError as error:
        raise MisconfiguredError(reason, remedy="check --region, AWS_REGION and the profile") from error
