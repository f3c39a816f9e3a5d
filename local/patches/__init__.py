"""Corrections of the emulator, one concept per module.

Each module documents AWS's behavior and applies it to one exact version of the emulator (see `local.emulator`): they reach into its private
names. Nothing is changed by importing them.
"""

from __future__ import annotations

from local.faults import FaultBoard
from local.patches import (
    alarm_history,
    alarms,
    control,
    ecs,
    eks,
    emf,
    event_buses,
    event_permissions,
    events,
    leading_keys,
    machine_code,
    metric_permissions,
    metrics,
    mute_rules,
    queues,
    refusals,
    rule_targets,
    service_quotas,
    shared_code,
    stack_alarms,
    stack_names,
    stack_resources,
    streams,
    transactions,
)
from local.patches.gateway import Gateway


def apply_all() -> None:
    """Change the emulator that is imported in this process."""
    faults, gateway = FaultBoard(), Gateway()
    events.apply()
    event_buses.apply()
    queues.apply()
    streams.apply()
    rule_targets.apply()
    interrupt = ecs.apply(faults)
    clusters = eks.apply()
    alarms.apply(metrics.apply(faults))
    alarm_history.apply()
    mute_rules.apply(gateway)
    emf.apply()
    metric_permissions.apply()
    event_permissions.apply()
    leading_keys.apply()
    machine_code.apply()
    shared_code.apply()
    stack_names.apply()
    stack_resources.apply()
    stack_alarms.apply()
    control.apply(gateway, faults, interrupt, clusters)
    refusals.apply(gateway, faults)
    service_quotas.apply(gateway, faults)
    transactions.apply(gateway, faults)
    gateway.apply()
