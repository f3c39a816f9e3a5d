"""The dashboard: it names only what is published, follows the settings, and everything that it says can be drawn."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fargatecount.metrics.catalog import METRICS
from tests.package.artefact import Artefact
from tests.package.template import Template
from tests.support.builders import NOW
from tools.dashboard.body import alarm_arn, deployed_body
from tools.dashboard.picture import picture, published_day, settings_of
from tools.dashboard.published import NotPublishedError
from tools.dashboard.queries import SEARCH, answers
from tools.dashboard.widgets import COLUMNS, DAY, AlarmWidget, Dashboard, MetricWidget, Rendering, TextWidget, read

SPARSE = {"launches-refused", "services-without-headroom"}
"""Suffixes of metrics that may have fewer points than the shortest period of any range of a dashboard."""


@pytest.fixture(params=["local", "prod_with_options"])
def armed(request: pytest.FixtureRequest) -> Artefact:
    """Each artifact that is armed."""
    found: Artefact = request.getfixturevalue(request.param)
    return found


def dashboard(artefact: Artefact) -> Dashboard:
    return read(deployed_body(artefact.template))


def graphs(artefact: Artefact) -> list[MetricWidget]:
    return [widget for widget in dashboard(artefact).widgets if isinstance(widget, MetricWidget)]


def renderings(widget: MetricWidget) -> list[Rendering]:
    return [part for entry in widget.properties.metrics for part in entry if isinstance(part, Rendering)]


def changed(template: Template, old: str, new: str) -> Template:
    """The template with something else in its dashboard."""
    body = template.raw["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert old in body[0]
    raw = json.loads(json.dumps(template.raw))
    raw["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0] = body[0].replace(old, new)
    return Template(raw, template.stack_name)


def asked(widget: MetricWidget) -> set[tuple[str, str, frozenset[str]]]:
    """Namespace, name and dimension names of all that a widget asks for."""
    found = set()
    for entry in widget.properties.metrics:
        words = [part for part in entry if isinstance(part, str)]
        how = entry[-1]
        if words:
            found.add((words[0], words[1], frozenset(words[2::2])))
        elif isinstance(how, Rendering) and (search := SEARCH.fullmatch(how.expression or "")) is not None:
            found.add((search[1], search[3], frozenset(search[2].split(","))))
    return found


def test_every_metric_on_it_is_published(armed: Artefact) -> None:
    """Each metric and each search is in the table of metrics, with exactly its dimensions, and has namespace and prefix of the settings."""
    settings = settings_of(armed.template)
    prefix, namespace = settings["FARGATECOUNT_METRIC_PREFIX"], settings["FARGATECOUNT_NAMESPACE"]
    published = {(namespace, metric.name(prefix), frozenset(metric.dimensions)) for metric in METRICS}
    named = set().union(*map(asked, graphs(armed)))
    assert named <= published
    assert len(named) > 15


def test_a_published_metric_has_points_on_it(armed: Artefact) -> None:
    """On a day with something of everything each visible line and number of it has a value."""
    published, end = published_day(armed.template), NOW / 1000
    lines = [line for widget in graphs(armed) for line in answers(widget.properties, published, end - DAY, end)]
    limited = settings_of(armed.template)["FARGATECOUNT_LIMITS"] != "{}"
    # Without your own limits there is no utilization of them.
    assert {line.label for line in lines if not line.series} == (set() if limited else {"all clusters"})


def test_the_picture_of_it_is_drawn(armed: Artefact) -> None:
    """Each widget has its place on the picture, with its title."""
    drawn = picture(armed.template)
    assert drawn.count("<article") == len(dashboard(armed).widgets)
    assert all(f"<h2>{widget.properties.title}</h2>" in drawn for widget in graphs(armed))


def test_a_metric_that_was_renamed_is_refused_by_name(local: Artefact) -> None:
    """A series that is no longer published is no empty graph."""
    with pytest.raises(NotPublishedError, match=r"^fargate-vcpu-taken by capacity in 'Fargate Stats' is not in the table of metrics$"):
        picture(changed(local.template, "-vcpu-used", "-vcpu-taken"))


def test_a_search_by_other_dimensions_is_refused(local: Artefact) -> None:
    """A search finds series by all of their dimensions or not at all."""
    with pytest.raises(NotPublishedError, match="fargate-count by capacity"):
        picture(changed(local.template, 'cluster} MetricName=\\"${MetricPrefix}-count', 'capacity} MetricName=\\"${MetricPrefix}-count'))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param('"view": "timeSeries"', '"view": "pie"', "pie", id="view"),
        pytest.param('"stat": "Maximum"', '"stat": "Sum"', "Sum", id="statistic"),
        pytest.param('"sparkline": true', '"trend": false', "trend", id="property"),
        pytest.param('"type": "alarm"', '"type": "log"', "log", id="widget"),
        pytest.param('"min": 0', '"min": 5', "min", id="axis"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(local: Artefact, old: str, new: str, named: str) -> None:
    """A picture that leaves something out is no picture of the dashboard."""
    with pytest.raises(msgspec.ValidationError, match=named):
        picture(changed(local.template, old, new))


def test_it_has_the_three_views_of_the_origin_tool(armed: Artefact) -> None:
    """Running workloads per cluster are shown stacked, as lines and as numbers, by a search that finds new clusters."""
    name = f"{settings_of(armed.template)['FARGATECOUNT_METRIC_PREFIX']}-count"
    views = {
        (widget.properties.view, widget.properties.stacked)
        for widget in graphs(armed)
        for how in renderings(widget)
        if f'MetricName="{name}"' in (how.expression or "")
    }
    assert views == {("timeSeries", True), ("timeSeries", False), ("singleValue", False)}


def test_a_search_names_each_line_by_its_cluster(armed: Artefact) -> None:
    """Also while there is only one cluster, of which CloudWatch by itself would show the name of the metric."""
    labels = [how.label for widget in graphs(armed) for how in renderings(widget) if SEARCH.fullmatch(how.expression or "")]
    assert len(labels) >= 5
    assert set(labels) == {"${PROP('Dim.cluster')}"}


def test_its_thresholds_are_those_of_the_alarms(prod_with_options: Artefact) -> None:
    """Each line across a graph has the value of the setting by which the alarm beside it goes off."""
    lines = {
        (next(iter(asked(widget)))[1].partition("-")[2], line.label): line.value
        for widget in graphs(prod_with_options)
        if widget.properties.annotations is not None
        for line in widget.properties.annotations.horizontal
    }
    assert lines == {
        ("vcpu-utilization", "warning"): 70,
        ("vcpu-utilization", "critical"): 90,
        ("limit-utilization", "alarm"): 75,
        ("drift", "alarm above"): 3,
    }
    assert any("30000 ms" in widget.properties.title for widget in graphs(prod_with_options))


def test_it_shows_every_alarm_that_there_is(armed: Artefact) -> None:
    """Those on the operator's own limits too, where some are set."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    every = {alarm_arn(armed.template, name) for kind in kinds for name in armed.template.of_type(kind)}
    (widget,) = (widget for widget in dashboard(armed).widgets if isinstance(widget, AlarmWidget))
    assert len(widget.properties.alarms) == len(every)
    assert set(widget.properties.alarms) == every


def test_every_axis_says_what_it_counts(armed: Artefact) -> None:
    """Our own words stand there, and not `No unit`."""
    for widget in graphs(armed):
        if widget.properties.view == "timeSeries":
            assert widget.properties.y_axis is not None, widget.properties.title
            assert widget.properties.y_axis.left.label


def test_what_is_told_seldom_is_filled(armed: Artefact) -> None:
    """A metric that has no point for most minutes is drawn through `FILL`, else it were single dots."""
    for widget in graphs(armed):
        for entry in widget.properties.metrics:
            name = entry[1] if len(entry) > 1 and isinstance(entry[1], str) else ""
            if name.partition("-")[2] in SPARSE:
                (how,) = (part for part in entry if isinstance(part, Rendering))
                assert not how.visible
                assert any((other.expression or "").startswith(f"FILL({how.id}, ") for other in renderings(widget))


def test_widgets_do_not_overlap(armed: Artefact) -> None:
    """Each cell of the grid, which is 24 wide, is taken once, and none is left empty."""
    taken = [
        (x, y)
        for widget in dashboard(armed).widgets
        for x in range(widget.x, widget.x + widget.width)
        for y in range(widget.y, widget.y + widget.height)
    ]
    assert len(taken) == len(set(taken))
    assert set(taken) == {(x, y) for x in range(COLUMNS) for y in range(dashboard(armed).rows)}


def test_its_texts_name_commands_that_exist(armed: Artefact) -> None:
    """Every link leads to an existing page."""
    from fargatecount.cli.root import COMMANDS  # noqa: PLC0415

    texts = [widget.properties.markdown for widget in dashboard(armed).widgets if isinstance(widget, TextWidget)]
    named: set[Any] = {words.split()[1] for text in texts for words in text.split("`")[1::2]}
    assert named == {"status", "headroom", "count", "doctor", "report"}
    assert named <= set(COMMANDS)


def test_an_unreadable_cluster_is_a_gap(local: Artefact) -> None:
    """An unknown count is no line at zero: on the day of the picture a cluster is denied since noon."""
    published = published_day(local.template)
    series = {dict(at)["cluster"]: points for at, points in published.every(published.namespace, "fargate-count", ["cluster"], 60).items()}
    noon = max(series["ECS-web"]) + 60 - 12 * 3600
    assert max(series["EKS-prod"]) == noon - 60
