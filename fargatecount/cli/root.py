"""The root command: finds the sub-command, and turns every ending into one line and an exit code.

| code | meaning |
|---|---|
| 0 | answered; an unreadable cluster is a warning, `--strict` makes it 1 |
| 1 | answered with "no": a difference, a failed check, does not fit |
| 2 | wrong use |
| 3 | AWS or a cluster could not be reached, or refused |
| 4 | undecided: `verify` under too much traffic, `headroom` without a known quota |
| 70 | unexpected: a defect |
| 74 | the answer could not be written, as on a full disk |
| 130 | interrupted (not `status -w`, `top` and `report --live`, which are left so); 129 and 143 by a closed terminal and by `kill` |
"""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

import fargatecount
from fargatecount.cli import termination
from fargatecount.cli.error_document import echo_error, wants_json
from fargatecount.cli.verbosity import add_options, is_debug
from fargatecount.errors import DeniedError, FargatecountError, UnavailableError
from fargatecount.matching import did_you_mean

WRONG_USE = 2
NOT_REACHED = 3
UNEXPECTED = 70
NOT_WRITTEN = 74
INTERRUPTED = 130


class CommandEntry(NamedTuple):
    """A command that is not loaded: its module, and the first sentence of its help."""

    module: str
    summary: str


COMMANDS = {
    # A module is imported only when its command runs, because most import boto3: --help and completion of names stay quick.
    "alarm-test": CommandEntry("alarm_test", "Set an alarm off on purpose, and check that it notifies someone."),
    "alarms": CommandEntry("alarms", "List the alarms that ring, and the quotas and limits that are over their thresholds."),
    "completion": CommandEntry("completion", "Print the completion script for a shell."),
    "config": CommandEntry("config", "Show and change the configuration file."),
    "count": CommandEntry("count", "Count what runs on Fargate now, with nothing deployed."),
    "dead-letters": CommandEntry("dead_letters", "List and replay messages that could not be processed."),
    "deploy": CommandEntry("deploy", "Create the stack, or change its settings."),
    "destroy": CommandEntry("destroy", "Remove a stack; the table with its rows and the bucket with the reports stay."),
    "doctor": CommandEntry("doctor", "Check the deployment, and print the commands that fix it."),
    "eks": CommandEntry("eks", "EKS clusters: let fargatecount list their pods, make pods log, show profiles and sizes."),
    "explain": CommandEntry(
        "explain", "Explain one alarm: what it watches, its state and since when, which services grew, and what to do."
    ),
    "headroom": CommandEntry("headroom", "Check whether a deployment of a service fits the quota now."),
    "init": CommandEntry("init", "Deploy for the first time, with a few questions."),
    "history": CommandEntry("history", "Ask what ran, when, whose, why it stopped, and what it cost."),
    "local": CommandEntry("local", "Run an embedded AWS with this checkout deployed to it."),
    "mute": CommandEntry("mute", "Hold messages back until a time."),
    "organization": CommandEntry("organization", "Roll out to the accounts of an organization, and manage its hub."),
    "quota": CommandEntry("quota", "Show the vCPU quotas, what past use suggests, and request increases."),
    "prices": CommandEntry("prices", "Show the prices behind the costs, and refresh them from AWS's Price List."),
    "reconcile": CommandEntry("reconcile", "Compare the ledger with AWS, repair it, and report why."),
    "report": CommandEntry("report", "Show what the reconciler found: one report, or a period."),
    "rightsize": CommandEntry("rightsize", "Show what services hold and use, and which smaller cell of the Fargate grid still fits."),
    "selftest": CommandEntry("selftest", "Check on AWS what the tests cannot prove, and print a report for the project."),
    "serve": CommandEntry("serve", "Serve the counters over HTTP: for Prometheus, for programs, and as a live page."),
    "status": CommandEntry("status", "Show the counters as they are now."),
    "upgrade": CommandEntry("upgrade", "Bring a deployed stack to this version."),
    "tasks": CommandEntry("tasks", "List the tasks and pods that are held, and find the forgotten ones by age, starter or revision."),
    "top": CommandEntry("top", "Show clusters, services and tasks full screen: sort, filter, open; q leaves."),
    "verify": CommandEntry("verify", "Recount the rows and compare them with the counters."),
}


SECTIONS = {
    "See": ("status", "top", "count", "tasks", "headroom", "rightsize", "quota", "prices", "report", "history", "serve"),
    "Check and repair": ("doctor", "alarms", "explain", "mute", "reconcile", "verify", "dead-letters", "alarm-test", "selftest"),
    "Set up": ("init", "deploy", "upgrade", "destroy", "eks", "organization", "local", "config", "completion"),
}
"""The order of the commands in --help: what is typed most comes first."""


def sections() -> list[tuple[str, list[str]]]:
    """Return the titles of --help with their commands; commands of no section come last."""
    placed = {name for names in SECTIONS.values() for name in names}
    rest = [name for name in sorted(COMMANDS) if name not in placed]
    return [*((title, list(names)) for title, names in SECTIONS.items()), *([("More", rest)] if rest else [])]


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"fargatecount.cli.{COMMANDS[cmd_name].module}").command
        add_options(command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first word; a misspelled one is an error that names the closest."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {args[0]!r}{did_you_mean(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        for title, names in sections():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name].summary) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [*(CompletionItem(name, help=COMMANDS[name].summary) for name in names), *options]


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(fargatecount.__version__, prog_name="fargatecount")
def root() -> None:
    """How many ECS tasks and EKS pods run on AWS Fargate, and how near that is to the quota.

    The number is right, or it says that it is not known.
    """


def spelled_out(arguments: list[str]) -> list[str]:
    """Return arguments with `help COMMAND` and `version`, which many tools have, as the options that they stand for."""
    if arguments[:1] == ["help"]:
        return [*arguments[1:], "--help"]
    return ["--version", *arguments[1:]] if arguments[:1] == ["version"] else arguments


def run(arguments: list[str]) -> int:
    """Run the command line; return its exit code. A process calls `termination.prepare` before."""
    arguments = spelled_out(arguments)
    try:
        result = root.main(args=arguments, prog_name="fargatecount", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        termination.echo_err(error.format_message())
        return WRONG_USE
    except click.ClickException as error:
        return _wrong_use(error, arguments)
    except (click.Abort, KeyboardInterrupt) as error:
        termination.echo_err("interrupted")
        return termination.code_of(error, otherwise=INTERRUPTED)
    except (BrokenPipeError, SystemExit):
        # The reader closed the pipe, which click turns into an exit of its own, its only one in this mode. Python must not complain on its
        # way out either.
        termination.drop_output()
        return 0
    except FargatecountError as error:
        return _failed(error, arguments)
    except Exception as error:
        if termination.is_unwritten(error):
            termination.drop_output()
            termination.fail(f"error: the answer could not be written: {error}", "the output so far is not complete: run the command again")
            return termination.code_of(error, otherwise=NOT_WRITTEN)
        if os.environ.get("FARGATECOUNT_DEBUG") or is_debug(arguments):
            raise
        termination.fail(
            f"unexpected error: {type(error).__name__}: {error}",
            "this is a defect: please report it with the output of the same command under FARGATECOUNT_DEBUG=1",
        )
        return UNEXPECTED
    return result if isinstance(result, int) else 0


def _wrong_use(error: click.ClickException, arguments: list[str]) -> int:
    with suppress(OSError):
        if wants_json(arguments):
            echo_error(error.format_message(), "", error.exit_code)
        else:
            error.show()
    return error.exit_code


def _failed(error: FargatecountError, arguments: list[str]) -> int:
    code = NOT_REACHED if isinstance(error, UnavailableError | DeniedError) else WRONG_USE
    if is_debug(arguments):
        termination.echo_err("".join(traceback.format_exception(error)))
    if wants_json(arguments):
        echo_error(str(error), error.remedy, code, reason=error.code, denied_action=error.denied_action)
    else:
        termination.fail(f"error: {error}", error.remedy)
    return code
