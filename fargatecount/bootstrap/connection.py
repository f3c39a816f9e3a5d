"""AWS as a person at the command line reaches it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.sessions import aws_errors, check_endpoints, open_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.stack import DeployedStack
from fargatecount.clock import Clock
from fargatecount.settings.environment import PREFIX, MetricNames, buckets_from
from fargatecount.workload import Scope

if TYPE_CHECKING:
    from fargatecount.adapters.cloudwatch.history import CloudWatchHistory
    from fargatecount.adapters.ecs.services import EcsServices
    from fargatecount.adapters.eks.access import EksAccess
    from fargatecount.adapters.eks.api import EksApi, EksCluster
    from fargatecount.adapters.kubernetes.objects import KubeObjects
    from fargatecount.breaches.alarms import Alarms
    from fargatecount.breaches.notify import Bus
    from fargatecount.quotas.quota import QuotaStore
    from fargatecount.reconcile.report import ReportStore
    from fargatecount.reconcile.run import Ports
    from fargatecount.refusals.log import RefusalLog


class Connection(DeployedStack):
    """An account in a Region as a person at the command line reaches it, with the stack that is deployed there."""

    clock: Clock = SystemClock()

    def ledger(self) -> DynamoLedger:
        """Return the ledger of the deployment.

        Raises:
            MisconfiguredError: there is no such deployment.
            DeniedError, UnavailableError: AWS could not be asked.
        """
        table = self._table or self.outputs()["TableName"]
        with aws_errors("reading the credentials"):
            frozen = self._session.get_credentials().get_frozen_credentials()
        credentials = {"aws_access_key_id": frozen.access_key, "aws_secret_access_key": frozen.secret_key}
        if frozen.token:
            credentials["aws_session_token"] = frozen.token
        # A table that nobody has written to yet must become what the functions would make it, whoever comes first.
        deployed = {} if self._table else {f"{PREFIX}BUCKETS": self.outputs().get("Buckets", "")}
        buckets = buckets_from({**deployed, **self._environment})
        return DynamoLedger(table, self._session.region_name, buckets=buckets, credentials=credentials)

    def history(self) -> CloudWatchHistory:
        """Return the clusters' own series, under the names that the deployment gives them; errors as for `ledger`."""
        from fargatecount.adapters.cloudwatch.history import CloudWatchHistory  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        names = MetricNames.from_env(self._settings(MetricNames.variables()))
        client = self._session.client("cloudwatch", config=PATIENT)
        return CloudWatchHistory(client, namespace=names.namespace, prefix=names.metric_prefix)

    def scope(self) -> Scope:
        """Return the account of the credentials and the Region; errors as for `ledger`."""
        with aws_errors("asking who we are"):
            account = self._session.client("sts").get_caller_identity()["Account"]
        return Scope(account, self._session.region_name)

    def client(self, service: str) -> Any:
        """Return a client that asks again a few times, for whoever puts adapters together."""
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415 - see `reconciling`

        return self._session.client(service, config=PATIENT)

    def quotas(self, ledger: DynamoLedger) -> QuotaStore:
        """Return where the quotas are that the reconciler has read."""
        from fargatecount.adapters.dynamodb.quotas import DynamoQuotas  # noqa: PLC0415 - see `reconciling`

        return DynamoQuotas(ledger.items)

    def refusals(self, ledger: DynamoLedger) -> RefusalLog:
        """Return what AWS refused to start, as the functions and watchers remember it."""
        from fargatecount.adapters.dynamodb.refusals import DynamoRefusals  # noqa: PLC0415 - see `reconciling`

        return DynamoRefusals(ledger.items)

    def services(self) -> EcsServices:
        """Return the services of ECS clusters, as these credentials may see them."""
        from fargatecount.adapters.ecs.services import EcsServices  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        return EcsServices(self._session.client("ecs", config=PATIENT))

    def alarms(self) -> Alarms:
        """Return the alarms of this account and Region, as these credentials may see and set them."""
        from fargatecount.adapters.cloudwatch.alarms import CloudWatchAlarms  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        return CloudWatchAlarms(self._session.client("cloudwatch", config=PATIENT), self._session.client("sns", config=PATIENT))

    def limit_events(self) -> Bus:
        """Return where limit events go."""
        from fargatecount.adapters.eventbridge import EventBridgeEvents  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        return EventBridgeEvents(self._session.client("events", config=PATIENT))

    def reports(self) -> ReportStore:
        """Return the kept reports; errors as for `ledger`."""
        from fargatecount.adapters.s3.reports import S3Reports  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        return S3Reports(self._session.client("s3", config=PATIENT), self.reports_bucket())

    def reconciling(self, scope: Scope, ledger: DynamoLedger, reports_bucket: str | None) -> Ports:
        """Return whom one run of the reconciler talks to; without a bucket its report is not kept."""
        from fargatecount.bootstrap.wiring import reconciling  # noqa: PLC0415 - most commands need none of it

        create = self._session.client
        return reconciling(scope, ledger, create, reports_bucket=reports_bucket, terms=self.terms, clock=self.clock)

    def eks(self) -> EksApi:
        """Return EKS with these credentials."""
        from fargatecount.bootstrap.eks import eks_of  # noqa: PLC0415 - see `reconciling`

        return eks_of(self._session.client, self._session.region_name)

    def eks_access(self) -> EksAccess:
        """Return the access entries of EKS clusters, as these credentials may see and change them."""
        from fargatecount.adapters.eks.access import EksAccess  # noqa: PLC0415 - see `reconciling`
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415

        return EksAccess(self._session.client("eks", config=PATIENT))

    def kube_objects(self, cluster: EksCluster) -> KubeObjects:
        """Return the objects of an EKS cluster, as these credentials may see and change them; UnavailableError where it has no endpoint."""
        from fargatecount.adapters.kubernetes.objects import KubeObjects  # noqa: PLC0415 - see `reconciling`

        return KubeObjects(self.eks().connection(cluster))


def connect(
    *,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    stage: str = "prod",
    stack: str | None = None,
    table: str | None = None,
) -> Connection:
    """Return a connection with the credentials that the AWS CLI would use.

    Raises:
        MisconfiguredError: the profile does not exist, no Region is set or it is none, or an endpoint is no URL.
        DeniedError: there are no credentials, or the role cannot be assumed.
    """
    # boto3 reads AWS_DEFAULT_REGION only; AWS_REGION is what Lambda, the SDKs' common reference and most people set.
    region = region or os.environ.get("AWS_REGION")
    check_endpoints(os.environ)
    return Connection(open_session(region=region, profile=profile, role_arn=role_arn), stage=stage, stack=stack, table=table)
