"""The control path of a running emulator, for tests and demos: make AWS harsher, count the calls, interrupt Spot tasks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any, Final

from local.errors import LocalError
from local.kubernetes.driver import PodDriver

_TIMEOUT_SECONDS: Final = 10.0


class Controls:
    """The requests of `local.patches.control`, as methods."""

    def __init__(self, endpoint: str) -> None:
        """Use the emulator at this endpoint."""
        self._root = f"{endpoint}/_fargatecount/"

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change the named settings of `local.faults.Faults`, restart the random numbers, and return all settings.

        Raises:
            LocalError: A name or a value is not one of them.
        """
        return dict(self._ask("POST", "faults", settings))

    def reset(self) -> None:
        """Restore the default settings, without faults."""
        self._ask("DELETE", "faults")

    def calls(self) -> dict[str, int]:
        """Return how often each operation was called, by any caller, such as `{"ecs:ListTasks": 3}`."""
        return dict(self._ask("GET", "calls"))

    def reset_calls(self) -> None:
        """Count from zero again."""
        self._ask("DELETE", "calls")

    def dropped(self) -> list[dict[str, Any]]:
        """Return taskArn, clusterArn, version and lastStatus of the events lost on purpose since the settings were last changed."""
        return list(self._ask("GET", "dropped"))

    def interrupt(self, *task_arns: str) -> None:
        """Take back the capacity of these Spot tasks.

        Raises:
            LocalError: One of them is no living Spot task.
        """
        self._ask("POST", "interrupt", {"tasks": list(task_arns)})

    def pods(self, cluster: str) -> PodDriver:
        """Return a driver for the pods of an EKS cluster, with an administrator's permissions.

        Raises:
            LocalError: There is no such cluster.
        """
        found = self._ask("GET", "clusters").get(cluster)
        if found is None:
            raise LocalError(f"there is no EKS cluster {cluster!r} in the emulator")
        return PodDriver(found["endpoint"], found["certificate_authority"], found["admin_token"])

    def _ask(self, method: str, name: str, data: dict[str, Any] | None = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self._root + name, data=body, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as reply:
                return json.load(reply)["result"]
        except urllib.error.HTTPError as error:
            raise LocalError(f"the emulator refused {method} {name}: {json.load(error)['error']}") from error
        except urllib.error.URLError as error:
            raise LocalError(
                f"the emulator does not answer at {self._root}: {error.reason}; start it with `fargatecount local up`"
            ) from error
