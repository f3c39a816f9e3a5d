"""What is on each Fargate profile."""

from __future__ import annotations

from fargatecount.usage.profile_document import ProfileHeld, profiles_held
from fargatecount.workload import Facts
from tests.support.builders import PODS, WEB, row


def test_profiles_have_what_is_held_on_them() -> None:
    """Pods, vCPU, GiB and namespaces by cluster and profile, most vCPU first; tasks and pods without a profile are left out."""

    def held(cpu: int, group: str, profile: str | None) -> Facts:
        return Facts(cpu=cpu, memory=2048, group=group, profile=profile)

    facts = [held(256, "shop/web", "small"), held(1024, "b/db", "large"), held(1024, "a/db", "large"), held(256, "x/y", None)]
    found = profiles_held([*((PODS, row(facts=each)) for each in facts), (WEB, row())])
    assert found == [
        ProfileHeld(cluster="EKS-pods", profile="large", pods=2, vcpu=2.0, memory_gib=4.0, namespaces=["a", "b"]),
        ProfileHeld(cluster="EKS-pods", profile="small", pods=1, vcpu=0.25, memory_gib=2.0, namespaces=["shop"]),
    ]
