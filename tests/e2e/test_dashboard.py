"""The dashboard as the deployment left it in CloudWatch."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.deployment import Deployed
from tests.package.artefact import package
from tools.dashboard.body import deployed_body
from tools.dashboard.widgets import AlarmWidget, read


def test_cloudwatch_has_what_the_picture_is_drawn_from(deployed: Deployed, tmp_path: Path) -> None:
    """CloudFormation fills in the template as the reader does from which the pictures of the documentation come."""
    template = package(tmp_path, "local", "local").template
    cloudwatch = deployed.stack.client("cloudwatch")
    body = cloudwatch.get_dashboard(DashboardName=f"fargatecount-local-{deployed.region}")["DashboardBody"]
    assert read(body) == read(deployed_body(template, deployed.scope))
    (alarms,) = (widget.properties.alarms for widget in read(body).widgets if isinstance(widget, AlarmWidget))
    answer = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert set(alarms) == {alarm["AlarmArn"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer[kind]}
