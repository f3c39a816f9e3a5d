"""The bare rate of a table: the writes of the hub's receiver and nothing else, by the same number of workers with a client of botocore.

Beside the rate of the receiver's code in the same run it shows how much of the time is that code's, and how much is the table's.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SECONDS = 10.0
"""Long enough for a thousand writes to the slowest table that was seen."""


def bare_rate(client: Any, table: str, *, workers: int, size: int, seconds: float = SECONDS) -> float:
    """Return the writes a second: each replaces a report of `size` bytes under the condition that it is newer."""
    body = random.Random(1).randbytes(size)  # as incompressible as what zlib wrote
    end = time.perf_counter() + seconds

    def work(worker: int) -> int:
        done = 0
        while time.perf_counter() < end:
            client.update_item(
                TableName=table,
                Key={"pk": {"S": f"BARE#{worker:02d}"}, "sk": {"S": f"REPORT#{done % 250}"}},
                UpdateExpression="SET account = :account, #region = :region, as_of = :as_of, report = :report, #format = :format",
                ConditionExpression="attribute_not_exists(as_of) OR as_of < :as_of",
                ExpressionAttributeNames={"#region": "region", "#format": "format"},
                ExpressionAttributeValues={
                    ":account": {"S": "111111111111"},
                    ":region": {"S": "eu-west-1"},
                    ":as_of": {"N": str(time.time_ns())},  # newer than those of an earlier run
                    ":report": {"B": body},
                    ":format": {"N": "1"},
                },
                ReturnValues="ALL_NEW",
            )
            done += 1
        return done

    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        written = sum(pool.map(work, range(workers)))
    return written / (time.perf_counter() - began)
