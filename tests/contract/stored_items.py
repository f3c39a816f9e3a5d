"""Items as the released code has written them, attribute for attribute: a deployment that is upgraded holds these.

They are literals on purpose. A change of the code must not change them; a new format gets new literals beside them.
"""

from __future__ import annotations

from typing import Any

from fargatecount.counts import Counts, Tally
from fargatecount.workload import Capacity, Phase

STORED: list[dict[str, Any]] = [
    {
        "pk": {"S": "C#123456789012#eu-west-1#ECS-web#0"},
        "sk": {"S": "COUNTER"},
        "format": {"N": "1"},
        "running_spot_count": {"N": "1"},
        "running_spot_cpu": {"N": "4096"},
        "running_spot_memory": {"N": "30720"},
        "waiting_on_demand_count": {"N": "1"},
        "waiting_on_demand_unsized": {"N": "1"},
        "seq": {"N": "1"},
    },
    {
        "pk": {"S": "C#123456789012#eu-west-1#ECS-web#0"},
        "sk": {"S": "W#bare"},
        "epoch": {"N": "0"},
        "format": {"N": "1"},
        "observed_at": {"N": "1767225600000"},
        "phase": {"S": "waiting"},
        "rev": {"N": "1"},
        "source": {"N": "0"},
        "version": {"N": "1"},
        "written_at": {"N": "1767225600000"},
    },
    {
        "pk": {"S": "C#123456789012#eu-west-1#ECS-web#0"},
        "sk": {"S": "W#full"},
        "architecture": {"S": "arm64"},
        "borrowed": {"S": '{"cpu":[0,1,0,2],"group":[1,2,1,1]}'},
        "capacity": {"S": "spot"},
        "cpu": {"N": "4096"},
        "created_at": {"N": "1767222000000"},
        "epoch": {"N": "0"},
        "format": {"N": "1"},
        "group": {"S": "service:checkout"},
        "memory": {"N": "30720"},
        "observed_at": {"N": "1767225600000"},
        "os": {"S": "WINDOWS_SERVER_2022_CORE"},
        "phase": {"S": "running"},
        "profile": {"S": "fp-default"},
        "rev": {"N": "1"},
        "source": {"N": "0"},
        "started_at": {"N": "1767222060000"},
        "storage": {"N": "200"},
        "version": {"N": "1"},
        "written_at": {"N": "1767225600000"},
    },
    {
        "pk": {"S": "C#123456789012#eu-west-1#ECS-web#0"},
        "sk": {"S": "W#grave"},
        "epoch": {"N": "0"},
        "expires_at": {"N": "1767484800"},
        "format": {"N": "1"},
        "observed_at": {"N": "1767225600000"},
        "phase": {"S": "gone"},
        "rev": {"N": "1"},
        "source": {"N": "0"},
        "version": {"N": "4"},
        "written_at": {"N": "1767225600000"},
    },
    {
        "pk": {"S": "C#123456789012#eu-west-1#ECS-web#0"},
        "sk": {"S": "W#inferred"},
        "epoch": {"N": "0"},
        "expires_at": {"N": "1767484800"},
        "format": {"N": "1"},
        "inferred": {"BOOL": True},
        "observed_at": {"N": "1767225600000"},
        "phase": {"S": "gone"},
        "rev": {"N": "1"},
        "source": {"N": "0"},
        "version": {"N": "4"},
        "written_at": {"N": "1767225600000"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "BREACHES"},
        "format": {"N": "1"},
        "rev": {"N": "2"},
        "state": {
            "S": (
                '{"rev":2,"open":{"quota/spot/warning":{"kind":"Crossed","gauge":{"ceiling":"quota","subject":"spot",'
                '"level":"warning","threshold":80,"unit":"vCPU","value":3,"used":2.5,"percent":83.33333333333333,'
                '"at_least":false},"since":1767225600000,"at":1767225600000},'
                '"limit/ECS-web/critical":{"kind":"Crossed","gauge":{"ceiling":"limit","subject":"ECS-web",'
                '"level":"critical","threshold":90,"unit":"workloads","value":1,"used":7,"percent":700,'
                '"at_least":true},"since":1767225600000,"at":1767225600000}},"untold":[{"kind":"Crossed",'
                '"gauge":{"ceiling":"limit","subject":"ECS-web","level":"critical","threshold":90,"unit":"workloads",'
                '"value":1,"used":7,"percent":700,"at_least":true},"since":1767225600000,"at":1767225600000}]}'
            ),
        },
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "CLUSTER#ECS-web"},
        "epoch": {"N": "1767225000"},
        "first_seen": {"N": "1767225600000"},
        "format": {"N": "1"},
        "kind": {"S": "ECS"},
        "name": {"S": "web"},
        "reconciler": {"S": '{"readable":true,"at":1767225600000,"listed_at":1767225600000}'},
        "watcher": {
            "S": (
                '{"readable":false,"at":1767225600000,"reason":"403 Forbidden","remedy":"grant list on pods",'
                '"listed_at":1767225599999,"suspected_at":1767225599998,"deleted_at":1767225599997,"rebuilding":true,'
                '"version":"0.1.0"}'
            ),
        },
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "LEASE#reconcile"},
        "expires_at": {"N": "1767312060"},
        "format": {"N": "1"},
        "owner": {"S": "one"},
        "until": {"N": "1767225660000"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "LAUNCHED#1767225600000"},
        "d0": {"N": "12"},
        "expires_at": {"N": "1767229200"},
        "format": {"N": "1"},
        "s59": {"N": "1"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "LAUNCHQUOTAS"},
        "format": {"N": "1"},
        "state": {
            "S": (
                '{"rates":[{"capacity":"on-demand","burst":100.0,"sustained":20.0},{"capacity":"spot","burst":null,"sustained":null}],'
                '"read_at":1767225600000,"tried_at":1767225600000,"reason":""}'
            ),
        },
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "MUTES"},
        "format": {"N": "1"},
        "rev": {"N": "3"},
        "state": {
            "S": (
                '{"rev":3,"mutes":[{"id":"1f2e3d4c","since":1767225600000,"until":1767232800000,"reason":"load test",'
                '"by":"arn:aws:iam::123456789012:user/eve","alarm":"warning-spot","cluster":null,"owner":null,'
                '"rule":"prod-mute-1f2e3d4c","alarms_ring":false,"held":["Crossed/quota/spot/warning/1767225600000"],"every":null,"length":0}]}'
            ),
        },
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "PRICES"},
        "asked_at": {"N": "1767225600000"},
        "format": {"N": "1"},
        "prices": {"S": '{"prices":{"linux-x86":{"vcpu":0.7,"gib":0.07}},"published":"2026-10-01"}'},
        "reason": {"S": "denied"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "PUBLISHED"},
        "at": {"N": "1767225600000"},
        "format": {"N": "1"},
        "minute": {"N": "29453760"},
        "values": {"S": '{"vcpu-used":1.25}'},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "QUOTA#L-3032A538"},
        "format": {"N": "1"},
        "read_at": {"N": "1767225600000"},
        "source": {"S": "applied"},
        "value": {"N": "4000.5"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "QUOTA#L-36FBB829"},
        "format": {"N": "1"},
        "read_at": {"N": "1767225600000"},
        "reason": {"S": "denied"},
        "source": {"S": "unknown"},
    },
    {
        "pk": {"S": "S#123456789012#eu-west-1"},
        "sk": {"S": "REFUSED#1767225600000#-YHpkvphH"},
        "format": {"N": "1"},
        "cluster": {"S": "ECS-web"},
        "capacity": {"S": "on-demand"},
        "sign": {"S": "stopped before it started"},
        "reason": {"S": "You've reached the limit on the number of vCPUs you can run concurrently"},
        "for_want": {"BOOL": True},
        "expires_at": {"N": "1767312300"},
        "group": {"S": "service:shop"},
        "marks": {"SS": ["000Rl-Qy", "000_T08_"]},
    },
    {"pk": {"S": "TABLE"}, "sk": {"S": "LAYOUT"}, "before": {"N": "4"}, "buckets": {"N": "1"}, "format": {"N": "1"}},
    {
        "pk": {"S": "TABLE"},
        "sk": {"S": "SCOPE#123456789012#eu-west-1"},
        "account": {"S": "123456789012"},
        "format": {"N": "1"},
        "region": {"S": "eu-west-1"},
        "ecs_discovered_at": {"N": "1767225600000"},
        "eks_discovered_at": {"N": "1767225600001"},
        "first_pass_at": {"N": "1767225600000"},
    },
]

COUNTED = Counts(
    {
        (Phase.RUNNING, Capacity.SPOT): Tally(1, 4096, 30720),
        (Phase.WAITING, Capacity.ON_DEMAND): Tally(1, 0, 0, unsized=1),
    },
    charges=None,
)
"""What the stored counter says: it has no sums by price class, because it is older than they are."""
