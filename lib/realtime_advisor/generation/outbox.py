"""Once per transaction: the table that keeps what is to be told, and the function that tells it at commit."""

from __future__ import annotations

from realtime_advisor.model import Design

from .naming import object_name, outbox_name
from .rendering import Fragment, fragment

TRIGGER = "realtime_advisor_send"


def is_outboxed(design: Design) -> bool:
    """Whether the design tells once per transaction."""
    return design.granularity == "transaction"


def flush_name(design: Design) -> str:
    """The function that sends what the outbox holds."""
    return object_name("send", design.table)


def outbox(design: Design) -> Fragment:
    """The outbox with its deferred trigger and the function that this calls."""
    return fragment(
        "outbox",
        {
            "outbox": outbox_name(design.table),
            "function": flush_name(design),
            "most_topics": Fragment(str(design.most_topics)),
            "table": str(design.table),
            "name": design.table.name,
            "comment": f"Sends at commit what a transaction on {design.table} has to tell",
        },
    )


def drop_outbox(design: Design) -> Fragment:
    """Both gone, after the triggers that fill the outbox."""
    return fragment("drop_outbox", {"outbox": outbox_name(design.table), "function": flush_name(design)})
