"""The embedded AWS as one thing: an emulator in a state directory, with or without a deployed service.

    with Stack(directory) as stack:               the emulator alone
        stack.deploy(service)                     the service of that directory, deployed as to AWS
        stack.client("ecs").list_clusters()

Several run side by side, each in its own directory on its own port. As a context manager it ends with the calling process, however that
ends; started with `up` it goes on until `down`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import boto3

from local.controls import Controls
from local.deploy import STAGE, check, deploy
from local.errors import LocalError, PortTakenError
from local.place import Place
from local.process import CHECKOUT, HOST, REGION, EmulatorProcess, free_port

DEFAULT_STATE: Final = CHECKOUT / ".local"

# A port found free may be taken an instant later, by another stack that found it too.
_PORTS_TRIED: Final = 5


class Stack:
    """One embedded AWS."""

    def __init__(self, state: Path = DEFAULT_STATE) -> None:
        """Use this state directory; nothing is started."""
        self.state = state
        self.process = EmulatorProcess(state)
        self.deploy_log = state / "deploy.log"
        self._record = state / "stack.json"

    def __enter__(self) -> Self:
        """Start the emulator, for as long as the `with` block or the calling process lasts."""
        self.start(owned=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop it and remove its state."""
        self.down()

    def start(self, port: int | None = None, *, owned: bool = False) -> None:
        """Start the emulator on the port, or on a free one.

        Raises:
            LocalError: It runs already, the port is taken, or it does not come up; nothing that was started is left then.
        """
        if self.process.pid is not None:
            raise LocalError(f"an emulator already runs in {self.state}: stop it with `fargatecount local down`")
        self.down()  # files of an emulator that was killed
        self.state.mkdir(parents=True, exist_ok=True)
        for log in (self.process.log, self.deploy_log):
            log.unlink(missing_ok=True)
        for tries_left in reversed(range(1 if port else _PORTS_TRIED)):
            chosen = port or free_port()
            try:
                self.process.start(chosen, owned=owned)
            except PortTakenError:
                if not tries_left:
                    raise
                continue
            self._write(port=chosen, deployed=False)
            return

    def deploy(self, service: Path = CHECKOUT, **settings: str) -> None:
        """Deploy the service directory's serverless.yml to it, with some of its settings changed.

        Raises:
            LocalError: The deployment failed.
        """
        check(service)
        deploy(service, self.deploy_log, self.environment(), settings)
        self._write(port=self.port, deployed=True)

    def down(self) -> bool:
        """Stop it and remove its state; False when there was nothing to stop. The logs stay until the next start."""
        ran = self.process.pid is not None
        self.process.stop()
        self.process.clean()
        self._record.unlink(missing_ok=True)
        return ran

    @property
    def port(self) -> int:
        """The port of the running emulator.

        Raises:
            LocalError: None runs.
        """
        if self.process.pid is None or not self._record.exists():
            raise LocalError(f"no embedded AWS runs in {self.state}: start one with `fargatecount local up`")
        return int(json.loads(self._record.read_text())["port"])

    @property
    def deployed(self) -> bool:
        """Whether a service was deployed to the running emulator."""
        return self._record.exists() and bool(json.loads(self._record.read_text())["deployed"])

    @property
    def endpoint(self) -> str:
        """The URL that stands for every AWS endpoint."""
        return f"http://{HOST}:{self.port}"

    @property
    def places(self) -> list[Place]:
        """The accounts and Regions of the organization that was deployed to it, that of the hub first; none where a single service was."""
        if not self._record.exists():
            return []
        return [Place(**place) for place in json.loads(self._record.read_text()).get("places", ())]

    def record_places(self, places: Sequence[Place]) -> None:
        """Note that an organization is deployed to these accounts and Regions."""
        self._write(port=self.port, deployed=True, places=places)

    def environment(self, place: Place | None = None) -> dict[str, str]:
        """Return the environment variables that make any AWS client, and fargatecount, talk to it, in a place or where it is at home."""
        region = place.region if place else REGION
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": place.account if place else "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "FARGATECOUNT_STAGE": STAGE,
        }

    def session(self) -> boto3.Session:
        """Return a boto3 session with its credentials; give clients `endpoint_url=stack.endpoint`."""
        return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)

    def client(self, service: str, **options: Any) -> Any:
        """Return a boto3 client of an AWS service, such as `ecs`, that talks to it."""
        return self.session().client(service, endpoint_url=self.endpoint, **options)

    @property
    def controls(self) -> Controls:
        """Controls that make it harsher and return the requests that it received."""
        return Controls(self.endpoint)

    def _write(self, *, port: int, deployed: bool, places: Sequence[Place] = ()) -> None:
        record = {"port": port, "deployed": deployed, "places": [asdict(place) for place in places]}
        self._record.write_text(json.dumps(record) + "\n")
