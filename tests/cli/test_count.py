"""`fargatecount count`, against AWS as moto and the fake ECS have it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from fargatecount.workload import Cluster, Kind
from tests.cli.conftest import Answer
from tests.support.builders import BATCH, SCOPE, WEB
from tests.support.cloudwatch_server import cloudwatch
from tests.support.deployed import Deployed

Run = Callable[..., Answer]
HOSTILE = '=HYPERLINK("http://x")[red]\x1b[2J<script>'


@pytest.fixture(scope="module")
def account(shared: Deployed) -> Deployed:
    """A cluster with two services and a lone task, one that is denied, and one that is empty."""
    ecs = shared.ecs
    ecs.run("t1", WEB, group="service:front", taskDefinitionArn="arn:aws:ecs:eu-west-1:123456789012:task-definition/front:3")
    ecs.run("t2", WEB, group="service:front", capacityProviderName="FARGATE_SPOT")
    ecs.serve("front", WEB, tags=[{"key": "team", "value": "shop"}])
    ecs.start("t3", WEB, tags=[{"key": "team", "value": "data"}], group="service:back", cpu="1024", memory="2048")
    ecs.run("t4", WEB, group=HOSTILE, startedBy=HOSTILE)
    ecs.move("t4", "STOPPING")
    ecs.run("t5", BATCH)
    ecs.deny(BATCH)
    ecs.create(Cluster(SCOPE, Kind.ECS, "empty"))
    return shared


def scope_of(answer: Answer) -> dict[str, Any]:
    (scope,) = answer.json["scopes"]
    return dict(scope)


def clusters_of(answer: Answer) -> dict[str, dict[str, Any]]:
    return {cluster["name"]: cluster for cluster in scope_of(answer)["clusters"]}


@pytest.mark.usefixtures("account")
def test_the_shape_is_that_of_status(fargatecount: Run) -> None:
    """A program that reads one reads the other: the same schema, and every key that `status` has."""
    ours, theirs = fargatecount("count", "--json").json, fargatecount("status", "--json").json
    assert (ours["schema"], ours["version"]) == (theirs["schema"], theirs["version"]) == ("fargatecount/usage", 1)
    assert set(theirs) <= set(ours)
    (scope,) = ours["scopes"]
    assert (scope["account"], scope["region"], scope["complete"]) == (SCOPE.account, SCOPE.region, False)
    assert {"running", "held", "vcpu", "memory_gib", "cost_per_hour", "by_phase"} <= set(scope["total"])
    web = next(cluster for cluster in scope["clusters"] if cluster["cluster"] == "ECS-web")
    assert (web["running"], web["held"], web["vcpu"], web["readable"], web["reason"]) == (2, 4, 1.75, True, None)
    assert web["by_capacity"]["spot"] == {"count": 1, "vcpu": 0.25, "memory_gib": 0.5}
    assert [quota["code"] for quota in scope["quotas"]] == ["L-3032A538", "L-36FBB829"]
    assert (scope["quotas"][0]["value"], scope["quotas"][0]["used"], scope["quotas"][0]["used_at_least"]) == (4000.0, 1.5, True)


@pytest.mark.usefixtures("account")
def test_a_denied_cluster_is_null_and_a_warning(fargatecount: Run) -> None:
    """Never 0; its name, the reason and the remedy are on stderr, and the exit code is still 0."""
    answer = fargatecount("count", "--json")
    found = clusters_of(answer)
    batch = {name: found["batch"][name] for name in ("readable", "running", "held", "vcpu", "cost_per_hour", "counts_as_of")}
    assert batch == dict.fromkeys(batch) | {"readable": False}
    assert (found["empty"]["readable"], found["empty"]["held"]) == (True, 0)
    assert answer.code == 0
    assert "warning: 123456789012 eu-west-1 ECS-batch is unreadable: ListTasks" in answer.err
    assert "allow ecs:ListTasks here to arn:aws:" in answer.err


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("glob", "code"), [("*", 1), ("web", 0)])
def test_strict_makes_what_is_not_known_a_no(fargatecount: Run, glob: str, code: int) -> None:
    """With --strict an unreadable cluster among those asked for is the exit code 1."""
    assert fargatecount("count", "--strict", "--cluster", glob).code == code


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("form", ["table", "wide"])
def test_tables_show_clusters_services_quotas_and_cost(fargatecount: Run, form: str) -> None:
    """For people: all of it on one page, with the total as a lower bound, plain where there is no terminal."""
    out = fargatecount("count", "-o", form).out
    assert all(word in out for word in ("ECS-web", "ECS-batch", "service:front", "L-3032A538", "≥1.75", "USD per hour"))
    assert not set(out) & {"\x1b", "█", "░"}


@pytest.mark.usefixtures("account")
def test_selected_clusters_have_no_free_part_of_a_quota(fargatecount: Run) -> None:
    """What is free belongs to the whole account: without all of its clusters it is null, and the table has no such column."""
    table, quotas = fargatecount("count").out, scope_of(fargatecount("count", "--json"))["quotas"]
    assert ("FREE" in table, quotas[0]["remaining"]) == (True, 3998.5)
    table, quotas = fargatecount("count", "--cluster", "web").out, scope_of(fargatecount("count", "--cluster", "web", "--json"))["quotas"]
    assert ("FREE" in table, "PERCENT" in table) == (False, True)
    assert [(quota["used"], quota["remaining"]) for quota in quotas] == [(1.5, None), (0.25, None)]


@pytest.mark.usefixtures("account")
def test_the_table_shows_the_largest_groups(fargatecount: Run) -> None:
    """As many as --top says, and how many there are."""
    out = fargatecount("count", "--top", "1").out
    assert "The largest 1 of 3 services" in out
    assert ("service:back" in out, "service:front" in out) == (True, False)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("service", {"service:front", "service:back", HOSTILE}),
        ("family", {"front", None}),
        ("namespace", {None}),
        ("profile", {None}),
        ("capacity", {"on-demand", "spot"}),
    ],
)
def test_groups_are_what_was_asked_for(fargatecount: Run, by: str, names: set[str | None]) -> None:
    """The names are exactly as AWS has them, and all groups together hold what the clusters hold."""
    scope = scope_of(fargatecount("count", "--by", by, "--json"))
    assert (scope["by"], {group["group"] for group in scope["groups"]}) == (by, names)
    assert sum(group["held"] for group in scope["groups"]) == scope["total"]["held"] == 4


@pytest.mark.usefixtures("account")
def test_groups_instead_of_clusters(fargatecount: Run) -> None:
    """Who asks for groups gets groups: in the table, and a row for each in CSV."""
    table = fargatecount("count", "--by", "capacity").out
    assert ("Capacities" in table, "STOPPING" in table) == (True, False)
    rows = list(csv.DictReader(io.StringIO(fargatecount("count", "--by", "capacity", "-o", "csv").out)))
    assert [(row["by"], row["group"], row["held"], row["complete"]) for row in rows] == [
        ("capacity", "on-demand", "3", "false"),
        ("capacity", "spot", "1", "false"),
    ]


@pytest.mark.usefixtures("account")
def test_csv_has_a_row_per_cluster(fargatecount: Run) -> None:
    """What is not known is an empty cell."""
    rows = {row["cluster"]: row for row in csv.DictReader(io.StringIO(fargatecount("count", "-o", "csv").out))}
    assert set(rows) == {"ECS-web", "ECS-batch", "ECS-empty"}
    assert [rows[name]["held"] for name in ("ECS-web", "ECS-batch", "ECS-empty")] == ["4", "", "0"]


@pytest.mark.usefixtures("account")
def test_hostile_names_do_no_harm(fargatecount: Run) -> None:
    """A task group is free text: no terminal obeys it, no spreadsheet takes it for a formula."""
    table = fargatecount("count").out
    assert '=HYPERLINK("http://x")[red]\\x1b[2J<script>' in table
    rows = list(csv.DictReader(io.StringIO(fargatecount("count", "--by", "service", "-o", "csv").out)))
    assert '\'=HYPERLINK("http://x")[red]\\x1b[2J<script>' in {row["group"] for row in rows}
    assert "\x1b" not in table


@pytest.mark.usefixtures("account")
def test_quick_knows_what_runs_and_nothing_else(fargatecount: Run) -> None:
    """AWS's own number, of the cluster too whose tasks may not be listed; null for the rest."""
    answer = fargatecount("count", "--quick", "--json")
    found = clusters_of(answer)
    assert {name: cluster["running"] for name, cluster in found.items()} == {"web": 2, "batch": 1, "empty": 0}
    assert {cluster["held"] for cluster in found.values()} == {None}
    assert (scope_of(answer)["groups"], scope_of(answer)["quotas"]) == (None, [])
    table = fargatecount("count", "--quick").out
    assert "RUNNING" in table
    assert "VCPU" not in table


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--region", "eu-west-1", "--all-regions"), "exclude each other"),
        (("--quick", "--by", "service"), "--quick has no groups"),
        (("--role-arn", "reader"), "arn:aws:iam::<account>:role/<name>"),
        (("--rate", "0"), "--rate"),
        (("--profile", "nobody"), "nobody"),
    ],
)
def test_wrong_use(fargatecount: Run, arguments: tuple[str, ...], said: str) -> None:
    """What does not go together or is not there is named."""
    answer = fargatecount("count", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


@pytest.mark.usefixtures("account")
def test_publish_puts_what_was_read(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The origin tool's metric of every cluster that was read, no 0 of the other, and no total that leaves it out."""
    with cloudwatch() as (service, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        answer = fargatecount("count", "--publish", "--json")
    (request,) = service.requests
    counts = {datum["Dimensions"][0]["Value"]: datum["Value"] for datum in request["MetricData"] if datum["MetricName"] == "fargate-count"}
    assert (request["Namespace"], counts) == ("Fargate Stats", {"ECS-web": 2, "ECS-empty": 0})
    assert service.metrics == {"fargate-unreadable-clusters": 1, "fargate-quota-unknown": 0}
    assert (answer.code, scope_of(answer)["total"]["running"]) == (0, 2)
    assert "data points put to 'Fargate Stats'; no totals: not everything could be read" in answer.err


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("flag", ["--publish", "--armed"])
def test_publish_puts_the_total_of_a_complete_look(fargatecount: Run, monkeypatch: pytest.MonkeyPatch, flag: str) -> None:
    """A quick look reads even the cluster whose tasks may not be listed, so there is a total."""
    with cloudwatch() as (service, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        monkeypatch.setenv("FARGATECOUNT_METRIC_PREFIX", "acme")
        assert fargatecount("count", "--quick", flag).code == 0
    assert service.metrics == {"acme-count-total": 3, "acme-unreadable-clusters": 0}


@pytest.mark.usefixtures("account")
def test_nothing_is_put_unasked(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --publish the command only reads."""
    with cloudwatch() as (service, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        fargatecount("count")
    assert service.requests == []


@pytest.mark.usefixtures("account")
def test_metrics_that_are_refused_are_code_3(fargatecount: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is printed all the same."""
    with cloudwatch(denies=True) as (_, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", url)
        answer = fargatecount("count", "--publish", "--json")
    assert (answer.code, clusters_of(answer)["web"]["held"]) == (3, 4)
    assert '"error":"123456789012 eu-west-1: putting' in answer.err


@pytest.mark.usefixtures("account")
def test_a_misspelt_cluster_is_an_error(fargatecount: Run) -> None:
    """Code 2 with the name that was meant, and never a clean zero."""
    answer = fargatecount("count", "--cluster", "wbe")
    assert (answer.code, answer.out) == (2, "")
    assert "no cluster matches 'wbe'; did you mean web?" in answer.err


@pytest.mark.usefixtures("account")
def test_owners_are_read_from_the_tags_of_tasks_and_of_their_services(fargatecount: Run) -> None:
    """A task's own tag comes first, then its service's; what was read and has neither is a group without a name."""
    answer = fargatecount("count", "--by", "owner", "--owner-tag", "team", "--json")
    owners = {group["group"]: group["held"] for group in scope_of(answer)["groups"]}
    assert (scope_of(answer)["by"], owners) == ("owner", {"shop": 2, "data": 1, None: 1})
    assert sum(owners.values()) == scope_of(answer)["total"]["held"]


@pytest.mark.usefixtures("account")
def test_owners_in_the_table_say_who_has_none(fargatecount: Run) -> None:
    """The rows are those of any other grouping."""
    lines = fargatecount("count", "--by", "owner", "--owner-tag", "team").out.splitlines()
    assert next(line for line in lines if "(no owner)" in line).split()[2:4] == ["0", "1"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ([], "--by owner needs to know what names an owner: --owner-tag KEY for tasks, --owner-label KEY for pods"),
        (["--owner-tag", "team!"], "'team!': expected the key of a tag"),
        (["--owner-label", "team of it"], "'team of it': expected the key of a label"),
    ],
)
def test_owners_need_a_key(fargatecount: Run, arguments: list[str], error: str) -> None:
    """A usage error names the option, before AWS is asked."""
    answer = fargatecount("count", "--by", "owner", *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert error in " ".join(answer.err.split())
