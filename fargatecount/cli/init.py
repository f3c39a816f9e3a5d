"""`fargatecount init`: from nothing to a deployment that counts, with a few questions."""

from __future__ import annotations

import sys
from typing import Any

import click

from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.deploy import artifact, clusters_here, deploy_ports, first_pass, partition_of
from fargatecount.cli import options, output
from fargatecount.cli.consent import ask, require_consent
from fargatecount.cli.deploy import EMBEDDED, carry_out, report, show_plan
from fargatecount.cli.termination import echo_err
from fargatecount.errors import MisconfiguredError
from fargatecount.stack.cost import monthly_cost
from fargatecount.stack.deploy import plan_deployment
from fargatecount.stack.first_steps import Answers, FirstPass, await_first_pass, dashboard_link, settings_of
from fargatecount.stack.parameters import read_parameters, read_settings

FAILED = 1
UNDECIDED = 4


@click.command(name="init", epilog="Example: fargatecount init --email you@example.com --budget 20 --yes")
@options.stack
@click.option("--email", help="Where alarms go; empty for nobody.")
@click.option("--vcpu-limit", type=click.FloatRange(min=0), help="Your own limit on vCPU over all clusters; 0 for none.")
@click.option("--budget", type=click.FloatRange(min=0), help="USD a month for metrics, alarms and the dashboard; 0 for none.")
@click.option("--ring/--no-ring", default=None, help="Set the critical alarm off once at the end, which notifies the e-mail address.")
@click.option("--dry-run", is_flag=True, help="Show what would be created and what it costs.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing: what is not given has its default.")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    email: str | None,
    vcpu_limit: float | None,
    budget: float | None,
    ring: bool | None,
    dry_run: bool,
    yes: bool,
    **place: Any,
) -> int:
    """Deploy for the first time, with a few questions.

    Asks for the Region, an e-mail address, a limit and a budget; shows what is created and what it costs; deploys; waits for the first full
    pass over all clusters; sets the alarm off once if you want; and prints where to look. Exit code 4: the first pass has not ended yet.
    """
    require_consent(yes=yes or dry_run)
    quiet = yes or not sys.stdin.isatty()
    build = artifact()
    if not quiet and not place["region"]:
        place["region"] = click.prompt("Region to count", default=connect(**place).region, err=True)
    connection = connect(**place)
    output.note_endpoint(connection.local_endpoint)
    stacks = deploy_ports(connection).stacks
    if (state := stacks.state(connection.stack)) is not None and state.outputs.get("TableName"):
        raise MisconfiguredError(
            f"stack {connection.stack} in {connection.region} is deployed already",
            remedy="change it with fargatecount deploy --set, or deploy another with --stage",
        )
    clusters = clusters_here(connection) or 1
    parameters = read_parameters(build.document)
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    answers = _ask(email, vcpu_limit, budget, monthly_cost({**defaults, "Armed": "true"}, clusters), clusters, yes=quiet)
    chosen = settings_of(answers, defaults, clusters)
    given = read_settings([f"{name}={text}" for name, text in chosen.items()], parameters)
    if connection.local_endpoint:
        given = {**EMBEDDED, **given}
    if answers.budget and given["Armed"] == "false":
        click.echo(f"{answers.budget:.2f} USD a month pay for no metrics with alarms: they stay off, and everything is counted.", err=True)
    plan = plan_deployment(stacks, build, connection.stack, given, stage=place["stage"])
    show_plan(plan, connection)
    if dry_run:
        return 0
    ask("Deploy?", yes=yes, default=True)
    if code := report(carry_out(stacks, build, plan, connection), plan):
        return code
    complete = _wait(connection)
    if not complete:
        echo_err("the first full pass has not ended after 10 minutes: fargatecount doctor shows why")
    _ring(context, connection, place, ring=ring, yes=yes, armed=given["Armed"] == "true")
    _links(connection)
    return 0 if complete else UNDECIDED


def _ask(email: str | None, limit: float | None, budget: float | None, price: float, clusters: int, *, yes: bool) -> Answers:
    """Ask for what was not given; `price` is the suggested budget, of series for each cluster."""
    if yes:
        return Answers(email=email or "", vcpu_limit=limit or 0.0, budget=budget or 0.0)
    if email is None:
        email = click.prompt("E-mail address for alarms (empty: none)", default="", show_default=False, err=True)
    if limit is None:
        limit = click.prompt("Warn when all clusters hold more vCPU than (0: no limit of your own)", default=0.0, type=float, err=True)
    if budget is None:
        series = f"series of {clusters} cluster{'s' if clusters > 1 else ''}"
        text = f"USD a month for metrics, alarms and dashboard ({price:.2f} for {series}; 0: none)"
        budget = click.prompt(text, default=round(price + 0.005, 2), type=float, err=True)
    return Answers(email=email, vcpu_limit=limit, budget=budget)


def _wait(connection: Connection) -> bool:
    """Wait for the first full pass, with a bar on a terminal."""
    if not sys.stderr.isatty():
        echo_err("waiting for the first full pass over all clusters")
        return await_first_pass(lambda: first_pass(connection), connection.clock, lambda _: None)
    from rich.console import Console  # noqa: PLC0415 - see the package
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("first full pass"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(found: FirstPass) -> None:
            progress.update(task, completed=found.listed, total=found.known or None)

        return await_first_pass(lambda: first_pass(connection), connection.clock, show)


def _ring(context: click.Context, connection: Connection, place: dict[str, Any], *, ring: bool | None, yes: bool, armed: bool) -> None:
    """Set the alarm off once, if it exists and that is wanted."""
    if not armed:
        return
    if ring is None:
        ring = not yes and click.confirm("Set the critical alarm off once, to see whether it reaches you?", default=False, err=True)
    if ring:
        from fargatecount.cli.alarm_test import command as alarm_test  # noqa: PLC0415 - imported only if it runs

        context.invoke(
            alarm_test,
            level="critical",
            capacity="on-demand",
            wait=60,
            dry_run=False,
            yes=True,
            form="table",
            as_json=False,
            table=None,
            **place,
        )
    elif connection.outputs().get("PagingTopicArn"):
        click.echo(f"Later: fargatecount alarm-test --stage {connection.stage}")


def _links(connection: Connection) -> None:
    outputs = connection.outputs()
    stage = "" if connection.stage == "prod" else f" --stage {connection.stage}"
    if name := outputs.get("DashboardName"):
        link = "" if connection.local_endpoint else dashboard_link(connection.region, name, partition_of(outputs))
        click.echo(f"Dashboard: {link or name}")
    click.echo(f"Page:      fargatecount report show{stage} --html report.html --open")
    click.echo(f"Terminal:  fargatecount status{stage}, fargatecount doctor{stage}")
