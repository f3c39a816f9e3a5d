"""The control path of the emulator, `/_fargatecount/...`: how tests and demos cause faults, and read which calls were made.

GET, POST, DELETE /_fargatecount/faults    the settings of `local.faults.Faults`; POST changes those it names, DELETE restores the defaults
GET, DELETE       /_fargatecount/calls     how often each operation was called, such as {"ecs:ListTasks": 3}
GET               /_fargatecount/dropped   the task events that were lost on purpose
POST              /_fargatecount/interrupt {"tasks": [task ARN, ...]}: AWS takes the capacity of these Spot tasks back
GET               /_fargatecount/clusters  each EKS cluster's endpoint, CA and an administrator's token, to drive its pods
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec

from local.faults import FaultBoard, Faults, changed
from local.patches.gateway import Gateway, Proceed, Request, Response, answer

ROOT: Final = "/_fargatecount/"

Route = Callable[[dict[str, Any]], Any]


class CallCounter:
    """How often each operation was called since the last reset."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def note(self, operation: str) -> None:
        """Count one call."""
        self._calls[operation] += 1

    def read(self) -> dict[str, int]:
        """Return the counts by operation."""
        return dict(sorted(self._calls.items()))

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.clear()


def apply(gateway: Gateway, faults: FaultBoard, interrupt: Callable[[list[str]], None], clusters: Callable[[], dict[str, Any]]) -> None:
    """Serve the control path, and count all other requests."""
    calls = CallCounter()
    routes: dict[tuple[str, str], Route] = {
        ("GET", "faults"): lambda _: msgspec.to_builtins(faults.settings),
        ("POST", "faults"): lambda data: msgspec.to_builtins(_set(faults, changed(faults.settings, data))),
        ("DELETE", "faults"): lambda _: msgspec.to_builtins(_set(faults, Faults())),
        ("GET", "calls"): lambda _: calls.read(),
        ("DELETE", "calls"): lambda _: calls.reset(),
        ("GET", "dropped"): lambda _: faults.dropped,
        ("POST", "interrupt"): lambda data: interrupt(data["tasks"]),
        ("GET", "clusters"): lambda _: clusters(),
    }

    async def control(request: Request, proceed: Proceed) -> Response:
        if not request.path.startswith(ROOT):
            if request.operation:
                calls.note(request.operation)
            return await proceed(request)
        route = routes.get((request.method, request.path.removeprefix(ROOT)))
        if route is None:
            known = ", ".join(f"{method} {ROOT}{name}" for method, name in routes)
            return answer(404, {"error": f"{request.method} {request.path} is not one of {known}"})
        try:
            return answer(200, {"result": route(request.data)})
        except (ValueError, KeyError) as error:
            return answer(400, {"error": f"{request.body.decode(errors='replace')}: {error}"})

    gateway.use(control)


def _set(faults: FaultBoard, settings: Faults) -> Faults:
    faults.set(settings)
    return settings
