"""Text that SQS accepts.

SQS refuses a message that holds any other character: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html.
"""

from __future__ import annotations

import re

_REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def accepted(text: str) -> str:
    """Return a text with U+FFFD in place of every character that SQS refuses; an empty text, which it refuses too, as `(empty)`."""
    return _REFUSED.sub("\ufffd", text) or "(empty)"
