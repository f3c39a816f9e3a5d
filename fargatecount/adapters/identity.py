"""Who asks, as STS sees him, and how far his clock is from AWS's.

Every answer of AWS bears its time in the header Date (https://www.rfc-editor.org/rfc/rfc9110#field.date), a refusal too: so even a clock
that is too wrong to be let in can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.clock import Clock
from fargatecount.doctor.install import TOLERATED, Caller
from fargatecount.errors import DeniedError
from fargatecount.timestamps import parse_millis
from fargatecount.workload import Millis


def who(sts: Any, clock: Clock) -> Caller:
    """Return who asks.

    Raises:
        DeniedError: AWS does not take the credentials; where it is because of the clock, the remedy says so.
        UnavailableError: it did not answer.
    """
    with aws_errors("asking who we are"):
        asked_at = clock.now()
        try:
            answer = sts.get_caller_identity()
        except ClientError as error:
            skew = _skew(cast("Mapping[str, Any]", error.response), asked_at, clock.now())
            if skew is not None and abs(skew) >= TOLERATED:
                raise DeniedError(
                    f"AWS refuses what is signed here: this machine's clock is {abs(skew) // 1000} s {'ahead' if skew > 0 else 'behind'}",
                    remedy="set the clock, for example by: timedatectl set-ntp true",
                ) from error
            raise
        return Caller(arn=answer["Arn"], account=answer["Account"], skew=_skew(answer, asked_at, clock.now()))


def _skew(answer: Mapping[str, Any], asked_at: Millis, answered_at: Millis) -> Millis | None:
    """Return by how much our clock is ahead: from the middle of the call, when AWS wrote its date, a whole second, on average half ago."""
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        theirs = parse_millis(parsedate_to_datetime(date)) if date else None
    except ValueError:
        return None
    return None if theirs is None else (asked_at + answered_at) // 2 - theirs - 500
