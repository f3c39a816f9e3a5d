"""The clusters against which the tests of this folder run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.kube.control_plane import ControlPlane, RealPlane, SimulatedPlane, simulated
from tests.kube.eks_account import EksAccount

NO_ASSETS = (
    "KUBEBUILDER_ASSETS is not set, so there is no real kube-apiserver to try: "
    "go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use -p env"
)


@pytest.fixture(scope="session")
def real_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPlane]:
    """One real API server for the whole run: it takes seconds to start."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        pytest.skip(NO_ASSETS)
    plane = RealPlane(Path(assets), tmp_path_factory.mktemp("kubernetes"))
    with closing(plane):
        plane.start()
        yield plane


@pytest.fixture
def simulation() -> Iterator[SimulatedPlane]:
    """A simulated cluster without pods."""
    with simulated() as plane:
        yield plane


@pytest.fixture(params=["simulated", "real"])
def plane(request: pytest.FixtureRequest) -> ControlPlane:
    """A cluster without pods, of either kind."""
    if request.param == "simulated":
        found: SimulatedPlane = request.getfixturevalue("simulation")
        return found
    real: RealPlane = request.getfixturevalue("real_plane")
    real.clear()
    return real


@pytest.fixture
def account() -> Iterator[EksAccount]:
    """An account without EKS clusters."""
    with EksAccount() as made:
        yield made
