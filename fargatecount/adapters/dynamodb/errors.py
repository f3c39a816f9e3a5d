"""The meaning of DynamoDB's errors for the caller: conflict, contention, no answer, denied, or misconfigured.

The important distinction is between "nothing was written" (a value) and "it may have been written" (`UnavailableError`). After the first,
the caller may retry the same write. After the second, it must read the rows first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoRegionError, ProfileNotFound
from pynamodb.exceptions import PynamoDBException, TransactGetError, TransactWriteError

from fargatecount.adapters.no_answer import remedy_of, text_of
from fargatecount.adapters.sessions import EXPIRED, LOG_IN_ANEW, NO_CREDENTIALS
from fargatecount.errors import DeniedError, FargatecountError, MisconfiguredError, UnavailableError
from fargatecount.ledger.store import Bucket, Commit, Conflict, Contended
from fargatecount.workload import WorkloadKey

NOTHING_WRITTEN = {
    # Codes of a rejected request, and the reasons for which DynamoDB cancels a whole transaction:
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
    "ThrottlingException",
    "ThrottlingError",
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "ProvisionedThroughputExceeded",
    "TransactionConflict",
    "TransactionConflictException",
}
CONDITION_FAILED = "ConditionalCheckFailedException"
REASON_CONDITION_FAILED = "ConditionalCheckFailed"
"""The same inside of a transaction."""
REFUSED = EXPIRED | {"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"}


def cancelled_write(error: TransactWriteError, bucket: Bucket, workload_ids: Sequence[str]) -> Commit:
    """Return the outcome of a failed transaction of these rows of one bucket, followed by its counter; errors as `refused_write`."""
    return refused_write(error, [WorkloadKey(bucket.cluster, workload_id) for workload_id in workload_ids], [bucket] * len(workload_ids))


def refused_write(error: TransactWriteError, keys: Sequence[WorkloadKey], buckets: Sequence[Bucket]) -> Commit:
    """Return the outcome of a failed transaction. `buckets` has the bucket of each item, of which the first are the rows of `keys`.

    Raises:
        UnavailableError: it may have been written.
    """
    reasons = error.cancellation_reasons
    changed = [
        key
        for key, reason in zip(keys, reasons, strict=False)  # the reasons of the counters come last and name no row
        if reason is not None and reason.code == REASON_CONDITION_FAILED
    ]
    if changed:
        return Conflict(frozenset(changed))
    codes = {reason.code for reason in reasons if reason is not None} or {str(code_of(error))}
    if codes <= NOTHING_WRITTEN:
        met = frozenset(bucket for bucket, reason in zip(buckets, reasons, strict=False) if reason is not None)
        return Contended(met if met != set(buckets) else frozenset())
    stated = "; ".join(f"{reason.code}: {reason.message}" for reason in reasons if reason is not None)
    raise _translate(error, f"the transaction ({stated})")


def fenced_by(error: TransactWriteError, rows: int) -> list[int]:
    """Return the positions, among the counters that follow so many rows, of those whose own condition failed.

    None of them counts if a row has changed, which must be read again first.
    """
    failed = [reason is not None and reason.code == REASON_CONDITION_FAILED for reason in error.cancellation_reasons]
    return [] if any(failed[:rows]) else [position for position, fenced in enumerate(failed[rows:]) if fenced]


def is_conflict(error: TransactGetError) -> bool:
    """Return whether a read failed only because a transaction held the item."""
    return any(reason is not None and reason.code == "TransactionConflict" for reason in error.cancellation_reasons)


@contextmanager
def translate_errors(table: str) -> Iterator[None]:
    """Translate errors of PynamoDB and botocore; a transaction canceled with reasons is raised as it is, because the caller needs them."""
    try:
        yield
    except TransactWriteError as error:
        if error.cancellation_reasons or code_of(error) in NOTHING_WRITTEN:
            raise
        raise _translate(error, f"table {table}") from error
    except TransactGetError as error:
        if error.cancellation_reasons:
            raise
        raise _translate(error, f"table {table}") from error
    except PynamoDBException as error:
        raise _translate(error, f"table {table}") from error
    except BotoCoreError as error:
        raise _no_answer(error, f"table {table}") from error


def code_of(error: PynamoDBException) -> str | None:
    """Return DynamoDB's error code; None if it did not answer."""
    # Not PynamoDB's own property, which raises AttributeError for a read timeout: botocore sets its `response` to None.
    return error.cause.response["Error"]["Code"] if isinstance(error.cause, ClientError) else None


def is_condition_failed(error: PynamoDBException) -> bool:
    """Return whether a single write was refused by its condition, so that nothing was written."""
    return code_of(error) == CONDITION_FAILED


def _translate(error: PynamoDBException, where: str) -> FargatecountError:
    code = code_of(error)
    message = error.cause.response["Error"].get("Message") if isinstance(error.cause, ClientError) else None
    if code in REFUSED:
        if code in EXPIRED:
            return DeniedError(f"{where}: {code}: {message}", remedy=LOG_IN_ANEW)
        return DeniedError(f"{where}: {code}: {message}", remedy="check the credentials, and the table's permissions in IAM")
    if code == "ResourceNotFoundException":
        return MisconfiguredError(
            f"{where} does not exist in this Region",
            remedy="deploy first, or check --region, --stage, --stack and --table (FARGATECOUNT_TABLE)",
        )
    if code == "ValidationException":
        return MisconfiguredError(f"{where}: {message}", remedy="this is a defect: please report it with this text")
    cause = error.cause
    if isinstance(cause, BotoCoreError):
        return _no_answer(cause, where)
    return UnavailableError(f"{where}: {code or error}")


def _no_answer(error: BotoCoreError, where: str) -> FargatecountError:
    if isinstance(error, (*NO_CREDENTIALS, ProfileNotFound)):
        return DeniedError(f"{where}: {error}", remedy="set AWS_PROFILE, pass --profile, or log in")
    if isinstance(error, NoRegionError):
        return MisconfiguredError(f"{where}: {error}", remedy="set AWS_REGION or pass --region")
    return UnavailableError(f"{where}: {text_of(error)}", remedy=remedy_of(error))
