"""What doctor makes of what it sees."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest

from fargatecount.counts import Counts
from fargatecount.doctor.access import Probe, of_functions, of_listing, of_probes
from fargatecount.doctor.counting import SILENT, of_clusters, of_letters, of_publisher, of_quotas, of_watchers
from fargatecount.doctor.document import finding_documents
from fargatecount.doctor.findings import Check, Checked, DoctorTarget, Finding, Severity, examine, exit_code, ok, problem, warning
from fargatecount.doctor.install import OUTPUTS, Caller, of_bill, of_caller, of_clock, of_stack
from fargatecount.doctor.pods import ClusterPods, of_pods, unseen
from fargatecount.eks.profiles import Profile, Selector
from fargatecount.errors import DeniedError, MisconfiguredError, ReasonCode, UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter, summarize
from fargatecount.ledger.clusters import NOT_YET_LISTED, RECONCILER, WATCHER, ClusterState, Readability, Trust
from fargatecount.metrics.bill import monthly
from fargatecount.metrics.series import Detail
from fargatecount.quotas.limits import Limit, Limits
from fargatecount.quotas.quota import Origin, Quota, fresh, unknown
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS, QuotaThresholds
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Capacity
from tests.support.builders import HOUR, MINUTE, NOW, PODS, SCOPE, WEB, row
from tests.support.pods import pod, waiting

HERE = DoctorTarget(stack="fargatecount-test", stage="test", region="eu-west-1")
PROD = DoctorTarget(stack="fargatecount-prod", stage="prod", region="eu-west-1", profile="ops")
COMPLETE = dict.fromkeys(OUTPUTS, "x") | {"Version": "1.2.3"}


def levels(findings: Iterable[Finding]) -> list[str]:
    return [str(finding.level) for finding in findings]


def not_ok(findings: Iterable[Finding]) -> Finding:
    """Return the only finding that asks for something, which then says what to do."""
    (found,) = [finding for finding in findings if finding.level is not Severity.OK]
    assert found.remedy
    return found


# The frame.


def test_a_check_that_fails_does_not_stop_the_others() -> None:
    """Neither one that AWS refuses nor one that is a defect; both are unknown, with what to do, and what they found before is kept."""

    def refused() -> Iterator[Finding]:
        yield ok("so far")
        raise DeniedError("no", remedy="ask")

    def broken() -> Iterator[Finding]:
        raise KeyError("oops")

    checked = list(examine([Check("a", refused), Check("b", broken), Check("c", lambda: [ok("well")])]))
    assert [(each.name, levels(each.findings)) for each in checked] == [("a", ["ok", "unknown"]), ("b", ["unknown"]), ("c", ["ok"])]
    assert checked[0].findings[1] == Finding(Severity.UNKNOWN, "could not look: no", "ask")
    assert "KeyError: 'oops'" in checked[1].findings[0].text


def test_one_reason_is_told_once() -> None:
    """Without a stack most checks cannot look: the first says why, which is a problem, and the others refer to it."""

    def without() -> Iterator[Finding]:
        raise MisconfiguredError("there is no stack", remedy="deploy it")

    checked = examine([Check("a", without), Check("b", without)])
    assert [each.findings[0] for each in checked] == [
        Finding(Severity.PROBLEM, "there is no stack", "deploy it"),
        Finding(Severity.UNKNOWN, "could not look, for the same reason as a"),
    ]


def test_without_what_is_essential_nothing_else_is_tried() -> None:
    """If AWS does not take the credentials, twelve more refusals say nothing new."""

    def refused() -> Iterator[Finding]:
        raise UnavailableError("no network")

    checked = list(examine([Check("a", refused, essential=True), Check("b", lambda: [ok("well")])]))
    assert ([each.name for each in checked], exit_code(checked)) == (["a"], 3)


@pytest.mark.parametrize(
    ("findings", "code", "strict"),
    [
        ([], 0, 0),
        ([ok("a")], 0, 0),
        ([ok("a"), warning("b", "c")], 0, 1),
        ([problem("b", "c"), ok("a")], 1, 1),
        ([Finding(Severity.UNKNOWN, "b")], 1, 1),
    ],
)
def test_exit_codes(findings: list[Finding], code: int, strict: int) -> None:
    """Warnings can wait; what could not be looked at is not well."""
    checked = [Checked("x", findings)]
    assert (exit_code(checked), exit_code(checked, strict=True)) == (code, strict)


def test_findings_for_programs() -> None:
    """One row each, null where nothing is to be done."""
    assert msgspec.to_builtins(finding_documents([Checked("x", [ok("a"), warning("b", "c", "d", "e")])])) == [
        {"check": "x", "level": "ok", "text": "a", "remedy": None, "commands": []},
        {"check": "x", "level": "warning", "text": "b", "remedy": "c", "commands": ["d", "e"]},
    ]


def test_commands_name_the_place_that_was_meant() -> None:
    """Region always, profile and stage where they are not the default."""
    assert (HERE.ours, HERE.aws) == ("--region eu-west-1 --stage test", "--region eu-west-1")
    assert PROD.ours == PROD.aws == "--region eu-west-1 --profile ops"
    assert msgspec.structs.replace(PROD, stack="acme-prod").ours == f"{PROD.aws} --stack acme-prod"
    assert HERE.log_of("publish") == "aws logs tail /aws/lambda/fargatecount-test-publish --since 30m --region eu-west-1"


# The installation.


@pytest.mark.parametrize(
    ("skew", "level", "words"),
    [
        (0, "ok", "0 s behind"),
        (59_000, "ok", "59 s ahead of"),
        (-60_000, "warning", "60 s behind"),
        (299_000, "warning", "299 s ahead of"),
        (300_000, "problem", "300 s ahead of"),
        (-3_600_000, "problem", "3600 s behind"),
        (None, "warning", "could not be compared"),
    ],
)
def test_the_clock(skew: int | None, level: str, words: str) -> None:
    """From a minute on ages mislead, at five minutes AWS refuses."""
    (found,) = of_clock(Caller(arn="arn:x", account="1", skew=skew))
    assert (str(found.level), words in found.text) == (level, True)


def test_who_asks_is_said() -> None:
    """With account and Region, because most surprises are the wrong one of these."""
    (found,) = of_caller(Caller(arn="arn:aws:iam::1:user/x", account="1", skew=0), HERE)
    assert found == ok("arn:aws:iam::1:user/x, account 1, Region eu-west-1")


@pytest.mark.parametrize(
    ("outputs", "expected", "words"),
    [
        (COMPLETE, ["ok"], "version 1.2.3, as this command"),
        (COMPLETE | {"Version": "1.3.0"}, ["warning"], "is version 1.3.0, this command 1.2.3"),
        (COMPLETE | {"DeadLettersUrl": ""}, ["ok", "problem"], "lacks the outputs DeadLettersUrl"),
        ({}, ["warning", "problem"], "does not say its version"),
    ],
)
def test_the_version_of_the_stack(outputs: dict[str, str], expected: list[str], words: str) -> None:
    """Another version is a warning, an output that this one needs and does not find a problem."""
    found = list(of_stack(outputs, "1.2.3", HERE))
    assert levels(found) == expected
    assert any(words in finding.text for finding in found)
    assert all("fargatecount upgrade --region" in finding.commands[0] for finding in found if finding.level is not Severity.OK)


@pytest.mark.parametrize(
    ("detail", "services", "armed", "words"),
    [
        ("cluster", 20, "true", "metrics and alarms cost "),
        ("total", 20, "true", "metrics and alarms cost "),
        ("service", 7, "true", "metrics and alarms cost "),
        ("cluster", 20, "false", "unarmed: nothing is put to CloudWatch; armed it is "),
    ],
)
def test_the_forecast_bill(detail: str, services: int, armed: str, words: str) -> None:
    """By the level that is deployed and the clusters that there are; armed or not."""
    (found,) = of_bill({"Detail": detail, "Armed": armed, "TopServices": str(services)}, Limits(), 50, 0, HERE)
    bill = monthly(Detail(detail), 50, services=services)
    amounts = f"{bill.total:.2f} USD a month, {bill.most:.2f} at most, for {bill.series} series of 50 clusters at detail {detail}"
    assert (found.level, found.text.startswith(words + amounts)) == (Severity.OK, True)


def test_limits_of_ones_own_are_on_the_bill() -> None:
    """A limit is a series and a watched metric more."""
    (found,) = of_bill({"Detail": "cluster", "Armed": "true"}, Limits(total=Limit(vcpu=9)), 5, 2, HERE)
    assert f"for {monthly(Detail.CLUSTER, 5).series + 3} series" in found.text


def test_a_stack_that_does_not_say_its_detail() -> None:
    """The bill is then not known, and not 0."""
    assert "the bill is not known" in not_ok(of_bill({}, Limits(), 5, 0, HERE)).text


# Permissions.


def test_what_one_may_not_do_is_named_with_the_policy_that_allows_it() -> None:
    """A statement to copy, and for what it is needed; what could not be tried is unknown."""
    probes = [
        Probe(action="s3:ListBucket", needed_for="fargatecount report", resource="arn:aws:s3:::b", allowed=False, reason="AccessDenied"),
        Probe(action="dynamodb:Query", needed_for="every command", allowed=True),
        Probe(action="eks:ListClusters", needed_for="pods", allowed=None, reason="timeout"),
    ]
    found = list(of_probes(probes))
    assert levels(found) == ["ok", "problem", "unknown"]
    assert "you may do 1 of the 3 actions" in found[0].text
    statement = json.loads(found[1].remedy.partition("by: ")[2])
    assert statement == {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"}
    assert "timeout" in found[2].text


def test_actions_that_the_functions_may_not_do() -> None:
    """Every refused action is one problem, with the things that it keeps from being read."""
    denied = {"ecs:ListTasks": [f"ECS-{name}" for name in ("a", "d", "c", "b")]}
    found = not_ok(of_functions(denied, "arn:role", HERE))
    assert found.text == "function reconcile may not do ecs:ListTasks: ECS-a, ECS-b, ECS-c and 1 more"
    assert "--policy-source-arn arn:role --action-names ecs:ListTasks" in found.commands[1]
    assert levels(of_functions({}, "arn:role", HERE)) == ["ok"]


def test_clusters_that_nobody_lists() -> None:
    """A problem with what the latest report said; once all are listed, what it said is a warning."""
    found = not_ok(of_listing("EKS clusters have not been listed yet", ["EKS: denied"], HERE))
    assert (found.level, "EKS: denied" in found.text) == (Severity.PROBLEM, True)
    assert levels(of_listing(None, [], HERE)) == ["ok"]
    assert levels(of_listing(None, ["EKS: throttled"], HERE)) == ["ok", "warning"]


# Counting.


def state(cluster: Any = WEB, **views: Readability) -> ClusterState:
    return ClusterState(cluster=cluster, first_seen=NOW - HOUR, sources=views)


def failed(reason: str, remedy: str = "", code: str = "") -> Readability:
    return Readability(readable=False, at=NOW, reason=reason, remedy=remedy, code=code)


READ = Readability(readable=True, at=NOW, listed_at=NOW)
OLD = Readability(readable=True, at=NOW - HOUR, listed_at=NOW - HOUR)


@pytest.mark.parametrize(
    ("seen", "commands"),
    [
        (state(PODS, reconciler=failed("any text", code=ReasonCode.NOT_ENROLLED)), ["eks enroll pods", "reconcile --cluster EKS-pods"]),
        (state(PODS, reconciler=failed("any text", code=ReasonCode.PRIVATE_ENDPOINT)), []),
        (state(reconciler=OLD), ["aws logs tail /aws/lambda/fargatecount-test-reconcile", "reconcile --cluster ECS-web"]),
        (state(reconciler=failed("any text", code=ReasonCode.MUST_BE_REBUILT)), ["reconcile --rebuild --cluster ECS-web"]),
        (state(reconciler=failed("any text", code=ReasonCode.ACTION_DENIED)), ["reconcile --cluster ECS-web"]),
        (state(), ["reconcile --cluster ECS-web --region eu-west-1 --stage test"]),
        (state(PODS, reconciler=failed("403: run fargatecount eks enroll pods")), ["reconcile --cluster EKS-pods"]),
        (state(reconciler=failed("any text", code="of a later version")), ["reconcile --cluster ECS-web"]),
    ],
    ids=["not enrolled", "private", "stale", "contradiction", "denied", "never listed", "stored by an earlier version", "unknown code"],
)
def test_an_unreadable_cluster_comes_with_what_to_type(seen: ClusterState, commands: list[str]) -> None:
    """The code of the reason decides on the commands, never its text."""
    found = not_ok(of_clusters([seen], 1, NOW, HERE))
    assert (found.level, found.text.startswith(f"{seen.cluster.key} is unreadable: ")) == (Severity.PROBLEM, True)
    assert [part in command for part, command in zip(commands, found.commands, strict=True)] == [True] * len(commands)


def test_readable_clusters_are_counted() -> None:
    """One line for all that are well."""
    assert [finding.text for finding in of_clusters([state(reconciler=READ)], 1, NOW, HERE)] == ["1 of 1 clusters are readable"]
    (some,) = of_clusters([state(reconciler=READ)], 3, NOW, HERE)
    assert some == ok("1 of 1 clusters are readable; 2 others were not asked for")
    assert (levels(of_clusters([], 3, NOW, HERE)), levels(of_clusters([], 0, NOW, HERE))) == (["ok"], ["warning"])


def test_a_cluster_that_has_just_appeared_may_wait() -> None:
    """Before the first run could look at it, not yet listed is no problem."""
    found = not_ok(of_clusters([ClusterState(cluster=WEB, first_seen=NOW - MINUTE)], 1, NOW, HERE))
    assert (found.level, NOT_YET_LISTED in found.text) == (Severity.WARNING, True)


@pytest.mark.parametrize(
    ("seen", "level", "words"),
    [
        (state(PODS, reconciler=READ), Severity.OK, "no cluster has a watcher"),
        (state(PODS, watcher=READ), Severity.OK, "1 watchers are alive"),
        (state(PODS, watcher=msgspec.structs.replace(READ, version="1.0")), Severity.OK, "1 watchers are alive"),
        (state(PODS, watcher=msgspec.structs.replace(READ, version="0.9")), Severity.WARNING, "is version 0.9, this command 1.0"),
        (state(PODS, watcher=OLD, reconciler=READ), Severity.WARNING, "lists it once a minute instead"),
        (state(PODS, watcher=OLD), Severity.PROBLEM, "nothing else can read it"),
        (state(PODS, watcher=failed("403")), Severity.PROBLEM, "cannot read it: 403"),
    ],
)
def test_watchers(seen: ClusterState, level: Severity, words: str) -> None:
    """A silent one is a problem only where the function does not list the cluster instead."""
    (found,) = of_watchers([seen], NOW, "1.0")
    assert (found.level, words in found.text) == (level, True)


@pytest.mark.parametrize(
    ("at", "level"), [(0, "warning"), (NOW, "ok"), (NOW - SILENT, "ok"), (NOW - SILENT - 1, "problem"), (NOW + 5000, "ok")]
)
def test_the_publisher(at: int, level: str) -> None:
    """Three minutes of silence are a problem, as for the liveness alarm."""
    assert levels(of_publisher(at, NOW, HERE)) == [level]


def usage(*quotas: Quota, cpu: int = 0) -> ScopeUsage:
    counts = (
        Counts.total([row(facts=msgspec.structs.replace(row().facts, cpu=cpu, capacity=Capacity.ON_DEMAND)).counts]) if cpu else Counts()
    )
    return ScopeUsage(SCOPE, [], counts, quotas=quotas)


def quota(value: float | None = 10.0, read_at: int = NOW) -> Quota:
    return Quota(capacity=Capacity.ON_DEMAND, value=value, source=Origin.APPLIED, read_at=read_at)


SPOT = Quota(capacity=Capacity.SPOT, value=5.0, source=Origin.DEFAULT, read_at=NOW)


@pytest.mark.parametrize(
    ("cpu", "level", "words"),
    [
        (0, "ok", "10 of 10 vCPU free (0 % used)"),
        (8 * 1024 - 1, "ok", "of 10 vCPU free"),
        (8 * 1024, "warning", "2 of 10 vCPU free (80 % used)"),
        (int(9.5 * 1024), "problem", "0.5 of 10 vCPU free (95 % used)"),
        (12 * 1024, "problem", "-2 of 10 vCPU free (120 % used)"),
    ],
)
def test_what_is_left_of_a_quota(cpu: int, level: str, words: str) -> None:
    """Warning and problem begin where the alarms do; both say how to ask for more."""
    found, spot = of_quotas(usage(quota(), SPOT, cpu=cpu), DEFAULT_THRESHOLDS, HERE)
    assert (str(found.level), words in found.text, spot.level) == (level, True, Severity.OK)
    assert level == "ok" or "fargatecount quota request --capacity on-demand --to" in found.commands[1]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ((SPOT,), "not yet read"),
        ((unknown(Capacity.ON_DEMAND, NOW, "AccessDeniedException"), SPOT), "AccessDeniedException"),
        ((quota(read_at=NOW - 25 * HOUR), SPOT), "not read since 2025-12-30T23:00:00Z"),
    ],
)
def test_a_quota_that_is_not_known_is_a_problem(known: tuple[Quota, ...], words: str) -> None:
    """With the reason; an old value is none."""
    found = not_ok(of_quotas(usage(*fresh(known, NOW)), DEFAULT_THRESHOLDS, HERE))
    assert (found.level, words in found.text) == (Severity.PROBLEM, True)


def test_findings_use_the_thresholds_of_the_deployment() -> None:
    """With thresholds of 50 and 60 percent, 55 is a warning and 60 a problem."""
    thresholds = QuotaThresholds(warning=50, critical=60)
    found = [levels(of_quotas(usage(quota(100.0), SPOT, cpu=used * 1024), thresholds, HERE))[0] for used in (49, 55, 60)]
    assert found == ["ok", "warning", "problem"]


def test_a_quota_of_zero_with_something_under_it() -> None:
    """Whatever a percentage of 0 is, it is full."""
    assert levels(of_quotas(usage(quota(0.0), SPOT, cpu=1024), DEFAULT_THRESHOLDS, HERE)) == ["problem", "ok"]
    assert levels(of_quotas(usage(quota(0.0), SPOT), DEFAULT_THRESHOLDS, HERE)) == ["ok", "ok"]


def test_dead_letters_by_reason() -> None:
    """The most frequent first, each with how to see and how to replay it; failures of the stream are no loss."""

    def told(reason: str, *, from_stream: bool = False) -> Any:
        letter = DeadLetter(id="x", body="x", attributes={"source": "handler", "reason": reason}, sent_at=NOW, received=1)
        return summarize(letter, from_stream=from_stream)

    assert levels(of_letters([], complete=True, place=HERE)) == ["ok"]
    found = list(of_letters([told("a"), told("b"), told("b"), told("", from_stream=True)], complete=False, place=HERE))
    assert [finding.text for finding in found][:2] == [
        "at least 2 dead letters of source handler: b",
        "at least 1 dead letters of source handler: a",
    ]
    assert levels(found) == ["problem", "problem", "warning"]
    assert found[0].commands[1] == "fargatecount dead-letters replay --source handler --region eu-west-1 --stage test"


# Pods.

SHOP = Profile("shop", selectors=(Selector("shop"),))
CALLER = "arn:aws:iam::1:role/me"


def cluster(*pods: Any, profiles: tuple[Profile, ...] = (SHOP,)) -> list[Finding]:
    return list(of_pods(ClusterPods(name="web", profiles=profiles, pods=pods), CALLER, HERE))


def test_namespaces_that_land_on_fargate() -> None:
    """Each with the profiles that take its pods; a profile that is not active takes none."""
    (found,) = cluster(pod(namespace="shop"))
    assert found == ok("EKS-web: pods of the namespaces shop (shop) land on Fargate, as far as labels match")
    broken = cluster(profiles=(Profile("old", "DELETE_FAILED", (Selector("x"),)),))
    assert levels(broken) == ["warning", "warning"]
    assert "profile old is DELETE_FAILED" in broken[1].text


def test_pods_that_match_no_profile() -> None:
    """They wait for good: each is named, up to ten."""
    found = not_ok(cluster(*(waiting(f"lost-{number:02}", namespace="lost", uid=str(number)) for number in range(12))))
    assert "12 pods wait (lost/lost-00, " in found.text
    assert "lost-09 and 2 more) for Fargate and match no profile" in found.text
    assert "--namespace lost" in found.commands[0]


def test_pods_that_fargate_refuses() -> None:
    """By what Fargate says, with a pod to describe; those without a profile are not said twice."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    refused = [{**condition, "message": "Pod not supported on Fargate: fields not supported: HostNetwork"}]
    found = not_ok(cluster(waiting("bad", namespace="shop", uid="1", conditions=refused), waiting("young", namespace="shop", uid="2")))
    assert found.text.startswith("EKS-web: 1 pods wait (shop/bad) for Fargate: ")
    assert "HostNetwork" in found.text
    assert found.commands == ("kubectl --context web -n shop describe pod bad",)
    assert len(cluster(waiting("lost", namespace="lost", conditions=refused))) == 2


def test_pods_that_the_caller_may_not_list() -> None:
    """Which wait in vain is then not known, and how to be let in is said."""
    told = of_pods(ClusterPods(name="web", profiles=(SHOP,), pods=None, why_not=DeniedError("403 forbidden")), CALLER, HERE)
    found = not_ok(told)
    assert "403 forbidden" in found.text
    assert found.commands == (f"fargatecount eks enroll web --principal-arn {CALLER} --region eu-west-1 --stage test",)


def test_a_cluster_whose_profiles_cannot_be_read_is_unknown() -> None:
    """By its name, so that it can be reported to the others."""
    found = unseen("web", DeniedError("no profiles for you", remedy="allow eks:DescribeFargateProfile"))
    assert found == Finding(Severity.UNKNOWN, "EKS-web: could not look: no profiles for you", "allow eks:DescribeFargateProfile")


def test_every_finding_that_is_not_well_says_what_to_do() -> None:
    """A reason without a remedy of its own gets one."""
    assert Trust(readable=False, reason="x").remedy is None
    assert not_ok(of_clusters([state(reconciler=failed("x"))], 1, NOW, HERE)).remedy
    assert not_ok(of_watchers([state(PODS, watcher=failed("x"))], NOW, "1")).remedy
    assert {RECONCILER, WATCHER} == {"reconciler", "watcher"}
