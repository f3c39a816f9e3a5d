"""The documents that Fargatecount writes and other programs may read; docs/json.md lists them for people."""

from __future__ import annotations

import msgspec

from fargatecount.breaches.alarm_list import AlarmsDocument
from fargatecount.breaches.alarm_test import AlarmTestDocument
from fargatecount.breaches.event import LimitDetail
from fargatecount.breaches.mute_event import MuteEndedDetail
from fargatecount.cli.config import ConfigDocument
from fargatecount.cli.error_document import ErrorDocument
from fargatecount.doctor.document import DoctorDocument
from fargatecount.eks.enrollment.document import EksDocument, EnrollmentDocument
from fargatecount.eks.logging.document import LoggingDocument
from fargatecount.history.answers import (
    HistoryAtDocument,
    HistoryChangesDocument,
    HistoryCostDocument,
    HistoryLaunchesDocument,
    HistorySpotDocument,
    HistoryStopsDocument,
)
from fargatecount.history.record import LifecycleRecord
from fargatecount.increase.document import QuotasDocument
from fargatecount.ingest.document import DeadLettersDocument, ReplayDocument
from fargatecount.ledger.verify_document import VerifyDocument
from fargatecount.mutes.document import MutesDocument
from fargatecount.organization.drift_view import OrganizationDrift
from fargatecount.organization.report import ScopeReport
from fargatecount.organization.view import OrganizationDocument
from fargatecount.quotas.headroom_document import HeadroomDocument
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.report.listing import ReportsDocument
from fargatecount.report.range import RangeDocument
from fargatecount.rightsize.document import RightsizeDocument
from fargatecount.rightsize.pods_document import EksSizesDocument
from fargatecount.rollout.document import RolloutDocument
from fargatecount.rollout.members import MembersDocument
from fargatecount.selftest.document import SelftestDocument
from fargatecount.usage.document import UsageDocument
from fargatecount.usage.price_document import PricesDocument
from fargatecount.usage.workload_list import WorkloadsDocument

DOCUMENTS: tuple[type[msgspec.Struct], ...] = (
    AlarmTestDocument,
    ConfigDocument,
    AlarmsDocument,
    DeadLettersDocument,
    DoctorDocument,
    PricesDocument,
    SelftestDocument,
    EksDocument,
    EnrollmentDocument,
    ErrorDocument,
    HeadroomDocument,
    QuotasDocument,
    HistoryAtDocument,
    HistoryChangesDocument,
    HistoryCostDocument,
    HistoryLaunchesDocument,
    HistorySpotDocument,
    HistoryStopsDocument,
    LifecycleRecord,
    LimitDetail,
    MembersDocument,
    MuteEndedDetail,
    MutesDocument,
    OrganizationDocument,
    OrganizationDrift,
    RolloutDocument,
    ScopeReport,
    LoggingDocument,
    ReplayDocument,
    RangeDocument,
    ReconcileDocument,
    ReportsDocument,
    EksSizesDocument,
    RightsizeDocument,
    UsageDocument,
    VerifyDocument,
    WorkloadsDocument,
)
"""Every document; its fields `schema` and `version` have their values as defaults."""
