"""Credentials that one Region refuses and another accepts: the Region is not enabled in the account, or is of another partition.

A Region that is off answers as if the credentials were wrong, with one of the codes below
(https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html). STS of a Region that cannot be off distinguishes the two:
GetCallerIdentity needs no permission.
"""

from __future__ import annotations

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fargatecount.errors import DeniedError, ReasonCode
from fargatecount.workload import partition_of

UNRECOGNIZED = {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"}
"""The codes of EC2, of STS and the query services, and of the JSON services for credentials that they do not know."""
HOME = "us-east-1"
"""A Region of the partition `aws` that no account can turn off; the other partitions have no Regions that are off by default."""
ONE_TRY = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1})
"""Seconds, for a question that only makes an error clearer."""
_OFF = {"DISABLED", "DISABLING", "not-opted-in"}


def explain_refusals(session: Any) -> None:
    """Let a botocore session raise a DeniedError that names the Region where the credentials are valid elsewhere.

    Other errors pass unchanged. A session asks at most once for each Region.
    """
    known: dict[str, DeniedError | None] = {}

    def look(parsed: Any, context: Any, **_: Any) -> None:
        if parsed.get("Error", {}).get("Code") not in UNRECOGNIZED:
            return
        region = str(context.get("client_region") or "")
        if region in {"", HOME, "aws-global"} or partition_of(region) != "aws":
            return
        if region not in known:
            known[region] = None  # the questions themselves come by here
            known[region] = _explained(session, region)
        error = known[region]
        if error is not None:
            raise error

    session.register("after-call", look)


def _explained(session: Any, region: str) -> DeniedError | None:
    try:
        session.create_client("sts", region_name=HOME, config=ONE_TRY).get_caller_identity()
    except (BotoCoreError, ClientError):
        return None
    if _is_off(session, region):
        return DeniedError(
            f"Region {region} is not enabled in this account; the credentials are valid",
            remedy=f"enable it: aws account enable-region --region-name {region}; or leave it out (--region)",
            code=ReasonCode.CREDENTIALS,
        )
    return DeniedError(
        f"Region {region} does not accept these credentials, which are valid in {HOME}",
        remedy=f"the Region is probably not enabled: aws account get-region-opt-status --region-name {region}; "
        "else the token was issued by the global STS endpoint: set AWS_STS_REGIONAL_ENDPOINTS=regional and log in again",
        code=ReasonCode.CREDENTIALS,
    )


def _is_off(session: Any, region: str) -> bool:
    """Return whether the account says that the Region is off; False where neither question is allowed."""
    try:
        account = session.create_client("account", region_name=HOME, config=ONE_TRY)
        return account.get_region_opt_status(RegionName=region)["RegionOptStatus"] in _OFF
    except (BotoCoreError, ClientError):
        pass
    try:
        ec2 = session.create_client("ec2", region_name=HOME, config=ONE_TRY)
        found = ec2.describe_regions(RegionNames=[region], AllRegions=True)["Regions"]
        return any(each["OptInStatus"] in _OFF for each in found)
    except (BotoCoreError, ClientError):
        return False
