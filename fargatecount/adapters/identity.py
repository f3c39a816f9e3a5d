"""The caller's identity, as STS reports it, and the offset of this machine's clock from AWS's.

Every answer of AWS has its time in the header Date (https://www.rfc-editor.org/rfc/rfc9110#field.date), a refusal too: so even a clock
that is too wrong for a signature can be compared.
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
    """Return the caller.

    Raises:
        DeniedError: AWS does not accept the credentials; the remedy names the clock if that is the cause.
        UnavailableError: STS did not answer.
    """
    with aws_errors("reading the caller's identity"):
        asked_at = clock.now()
        try:
            answer = sts.get_caller_identity()
        except ClientError as error:
            skew = _skew(cast("Mapping[str, Any]", error.response), asked_at, clock.now())
            if skew is not None and abs(skew) >= TOLERATED:
                raise DeniedError(
                    f"AWS refuses signatures from here: this machine's clock is {abs(skew) // 1000} s {'ahead' if skew > 0 else 'behind'}",
                    remedy="set the clock, for example by: timedatectl set-ntp true",
                ) from error
            raise
        return Caller(arn=answer["Arn"], account=answer["Account"], skew=_skew(answer, asked_at, clock.now()))


def _skew(answer: Mapping[str, Any], asked_at: Millis, answered_at: Millis) -> Millis | None:
    """Return by how much this machine's clock is ahead, in milliseconds.

    AWS wrote its date at about the middle of the call, and cut it to a whole second: half a second on average.
    """
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        aws_time = parse_millis(parsedate_to_datetime(date)) if date else None
    except ValueError:
        return None
    return None if aws_time is None else (asked_at + answered_at) // 2 - aws_time - 500
