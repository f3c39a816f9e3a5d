"""Text that users of a cluster control, made safe to store and to print.

Pure. The API server checks the length and the characters of names and labels, but not of an owner reference's name or of a condition's
message. The table refuses a row with a name of 450,000 characters however often it is tried (400 KB per item:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html), and a control character acts on the terminal that
prints it.
"""

from __future__ import annotations

MAX_NAME = 253
"""Characters of an object's name: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names."""
MAX_LABEL = 63
"""Characters of a label's value: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set."""
MAX_LABELS = 100
"""Labels of a pod that are read, in the order of their names. Pods have about ten; 1.5 MiB of them fit into one object."""
MAX_UID = 128
"""Characters of a pod's uid, which is a UUID of 36 or, of a static pod, a hash of 32."""
MAX_REASON = 512
"""Characters of a reason. Fargate's own have up to about 200; longer ones are not Fargate's, because a user wrote the condition."""


def bounded(text: str, length: int) -> str:
    """Return at most `length` characters of a text, with each unprintable one replaced."""
    text = text[:length]
    return (
        text if text.isprintable() else "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    )
