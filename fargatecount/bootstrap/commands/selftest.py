"""Bootstrap of `fargatecount selftest`: each check reads from AWS, and passes what it read to the function that judges it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms
from fargatecount.adapters.cloudwatch.aws_usage import AwsUsage
from fargatecount.adapters.cloudwatch.selftest import SelftestMetrics
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.iam import IamSimulator
from fargatecount.adapters.identity import who
from fargatecount.adapters.sqs.queue import SqsQueue
from fargatecount.adapters.stack_parts import StackParts
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.breaches.alarms import StateChange
from fargatecount.doctor.install import NOTICEABLE, Caller
from fargatecount.ledger.clusters import ClusterState
from fargatecount.ledger.queries import counts_of, rows_of
from fargatecount.ledger.row import Row
from fargatecount.metrics import catalog
from fargatecount.quotas.aws_usage import WINDOW, UsageReading
from fargatecount.quotas.quota import fresh
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.selftest import counting, delivery, rights
from fargatecount.selftest.outcome import CLAIMS, Outcome, not_known, proven, refuted
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.timestamps import DAY
from fargatecount.usage.status import scope_usage
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Kind, Scope

FUNCTIONS = ("task_changed", "reconcile", "publish")
MAX_REPORTS = 288
"""Reports that are read, the newest: a day of one every five minutes."""
WATCHED_ALARMS = ("native-on-demand", "native-spot", "liveness", "warning-on-demand", "critical-on-demand")
"""Alarms whose series must have points while all is well."""


class Selftest:
    """The checks of one deployment; what several of them need is read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.now = connection.clock.now()
        self._metrics = SelftestMetrics(connection.client("cloudwatch"), self.now)
        self._parts = StackParts(connection.client, connection.stack, connection.function_prefix)

    def checks(self) -> list[tuple[str, Callable[[], Outcome]]]:
        """Return every check of `CLAIMS`, in its order."""
        by_name: dict[str, Callable[[], Outcome]] = {
            "clock": self._clock,
            "function-rights": self._function_rights,
            "write-fence": self._write_fence,
            "events-arrive": self._events_arrive,
            "queue-drains": self._queue_drains,
            "no-dead-letters": self._no_dead_letters,
            "event-to-count": lambda: delivery.of_event_delays(self._rows, self.now),
            "every-cluster-listed": self._every_cluster_listed,
            "statistics-agree": self._statistics_agree,
            "few-events-lost": lambda: counting.of_lost_events(self._reports, len(self._rows)),
            "no-throttling": lambda: counting.of_throttling(self._reports),
            "quotas-readable": lambda: counting.of_quotas(fresh(DynamoQuotas(self._ledger.items).quotas(self.scope), self.now)),
            "usage-series": lambda: counting.of_series(self._readings),
            "usage-agrees": lambda: counting.of_usage(self._readings, self._usage.scope_total, is_quiet=self._is_quiet),
            "states-that-count": lambda: counting.of_states(self._readings, self._usage.scope_total, is_quiet=self._is_quiet),
            "count-to-metric": self._count_to_metric,
            "metrics-of-functions": self._metrics_of_functions,
            "alarms-see-data": self._alarms_see_data,
            "metric-to-alarm": self._metric_to_alarm,
        }
        return [(name, by_name[name]) for name in CLAIMS]

    # What several checks need.

    @cached_property
    def _caller(self) -> Caller:
        return who(self._connection.client("sts"), self._connection.clock)

    @cached_property
    def scope(self) -> Scope:
        """The account and Region; raises DeniedError or UnavailableError where AWS cannot be reached."""
        return Scope(self._caller.account, self._connection.region)

    @cached_property
    def _ledger(self) -> DynamoLedger:
        return self._connection.ledger()

    @cached_property
    def _states(self) -> Sequence[ClusterState]:
        return self._ledger.clusters(self.scope)

    @cached_property
    def _usage(self) -> ScopeUsage:
        return scope_usage(self._ledger, self.scope, self.now)

    @cached_property
    def _rows(self) -> list[Row]:
        return [row for state in self._states for row in rows_of(self._ledger, state.cluster).values()]

    @property
    def _is_quiet(self) -> bool:
        """Whether nothing has changed for as long as AWS's numbers may be old."""
        return all(self.now - row.written_at > WINDOW for row in self._rows)

    @cached_property
    def _reports(self) -> list[ReconcileDocument]:
        store = report_store(self._connection)
        ids = store.ids(self.scope, self.now - DAY)[-MAX_REPORTS:]
        return [report for report in store.read_many(self.scope, ids) if not report.dry_run]

    @cached_property
    def _readings(self) -> Sequence[UsageReading]:
        return AwsUsage(self._connection.client("cloudwatch")).readings(self.now)

    @cached_property
    def _roles(self) -> dict[str, str]:
        return {function: self._parts.role_of(function) for function in FUNCTIONS}

    @property
    def _armed(self) -> bool:
        return self._connection.outputs().get("Armed") == "true"

    # The checks that need more than one read.

    def _clock(self) -> Outcome:
        skew = self._caller.skew
        if skew is None:
            return not_known("AWS's answer bore no date", remedy="nothing, unless AWS_ENDPOINT_URL is meant")
        text = f"{abs(skew) / 1000:.0f} s {'ahead' if skew > 0 else 'behind'}"
        return proven(text) if abs(skew) < NOTICEABLE else refuted(text, remedy="set the clock: timedatectl set-ntp true")

    def _function_rights(self) -> Outcome:
        iam = IamSimulator(self._connection.client("iam"))
        return rights.of_function_rights(
            {
                function: [answer for question in rights.questions(iam.statements(role)) for answer in iam.simulate(role, question)]
                for function, role in self._roles.items()
            }
        )

    def _write_fence(self) -> Outcome:
        iam, role = IamSimulator(self._connection.client("iam")), self._roles["task_changed"]
        table = self._connection.outputs()["TableName"]
        arn = f"arn:{self._caller.partition}:dynamodb:{self.scope.region}:{self.scope.account}:table/{table}"
        alone, within = rights.fence_questions(arn)
        return rights.of_fence(iam.simulate(role, alone), iam.simulate(role, within))

    def _events_arrive(self) -> Outcome:
        name = self._parts.rule_name()
        enabled, targets = self._parts.rule(name)
        matched, invoked, failed = (
            self._metrics.total("AWS/Events", metric, {"RuleName": name})
            for metric in ("MatchedEvents", "Invocations", "FailedInvocations")
        )
        return delivery.of_rule(delivery.RuleState(enabled=enabled, targets=targets, matched=matched, invoked=invoked, failed=failed))

    def _queue_drains(self) -> Outcome:
        queue = {"QueueName": self._connection.outputs()["TaskQueueUrl"].rpartition("/")[2]}
        return delivery.of_queue(
            delivery.QueueState(
                received=self._metrics.total("AWS/SQS", "NumberOfMessagesSent", queue),
                oldest_seconds=self._metrics.most("AWS/SQS", "ApproximateAgeOfOldestMessage", queue),
            )
        )

    def _no_dead_letters(self) -> Outcome:
        outputs, sqs = self._connection.outputs(), self._connection.client("sqs")
        names = {"events": "DeadLettersUrl", "changes": "PublishFailuresUrl"}
        return delivery.of_dead_letters({name: SqsQueue(sqs, outputs[output]).depth() for name, output in names.items()})

    def _every_cluster_listed(self) -> Outcome:
        return counting.of_clusters(self._states, self._reports[-1].problems if self._reports else (), self.now)

    def _statistics_agree(self) -> Outcome:
        clusters = [state.cluster for state in self._states if state.cluster.kind is Kind.ECS]
        ecs = EcsApi(self._connection.client("ecs"), self.scope, RateLimiter(self._connection.clock), self._connection.clock)
        return counting.of_statistics(counts_of(self._ledger, clusters), ecs.statistics(clusters), is_quiet=self._is_quiet)

    def _count_to_metric(self) -> Outcome:
        names, armed = self._connection.metric_names, self._armed
        newest = self._metrics.newest(names.namespace, catalog.PUBLISHED.name(names.metric_prefix)) if armed else None
        return delivery.of_metric_delay(newest, self._connection.clock.now(), armed=armed)

    def _metrics_of_functions(self) -> Outcome:
        names = self._connection.metric_names
        expected = [metric.name(names.metric_prefix) for metric in (catalog.EVENT_AGE, catalog.DRIFT, catalog.HANGING)]
        return delivery.of_function_metrics(self._metrics.names(names.namespace), expected, armed=self._armed)

    def _alarms_see_data(self) -> Outcome:
        states = self._metrics.alarm_states(self._connection.stack)
        return delivery.of_alarm_states({name: states[name] for name in WATCHED_ALARMS if name in states}, armed=self._armed)

    def _metric_to_alarm(self) -> Outcome:
        alarms = CloudWatchAlarms(self._connection.client("cloudwatch"), self._connection.client("sns"))
        names = sorted(self._metrics.alarm_states(self._connection.stack))
        entries = [entry for name in names for entry in alarms.history(f"{self._connection.stack}-{name}")]
        return delivery.of_alarm_delays([entry for entry in entries if isinstance(entry, StateChange)])
