"""What the quota operations require of a caller's IAM policies."""

from __future__ import annotations

import pytest

from local.stack import Stack
from tests.local.account import Account
from tests.support.callers import caller, refused

QUOTA = "arn:aws:servicequotas:eu-west-1:000000000000:fargate/L-3032A538"


@pytest.mark.parametrize(("resource", "denied"), [("*", False), (QUOTA, True), ("arn:aws:servicequotas:*:*:fargate/*", True)])
def test_a_quota_is_read_only_with_a_permission_on_everything(stack: Stack, account: Account, resource: str, denied: bool) -> None:
    """One copy of the service authorization reference knows no resource of GetServiceQuota, so a policy that names one is refused."""
    name = f"reads-{account.name}-{len(resource)}"
    quotas = caller(stack, name, {"Action": "servicequotas:GetServiceQuota", "Resource": resource}, service="service-quotas")
    assert refused(quotas.get_service_quota, ServiceCode="fargate", QuotaCode="L-3032A538") is denied
