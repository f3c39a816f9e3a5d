"""The window of the refusal log in which tests happen."""

from __future__ import annotations

from fargatecount.refusals.log import window_of
from tests.support.builders import NOW

START = window_of(NOW)
