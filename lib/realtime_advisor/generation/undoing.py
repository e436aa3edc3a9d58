"""The script that takes all of it back, in the opposite order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from realtime_advisor.model import Design

from .cutover import needs_cut_over
from .grants import drop_policy
from .outbox import drop_outbox, is_outboxed
from .parts import Parts
from .quoting import quote_ident
from .rendering import Fragment, Remark, Value, fragment, joined, render
from .watching import SCHEMA, Watched

_MIND_CUT_OVER: Final = (
    "Where a cut-over was run, go back by its head first: the publication is left as it is. There is one for {}."
)


def undo(parts: Parts, subject: str) -> str:
    """The steps: policies, triggers with a transaction for each table, functions."""
    own = parts.watched[0][1].function if parts.watched else ""
    policies = joined([drop_policy(grant, own) for grant in parts.grants], "\n")
    steps = [
        ("policies, alone for the same reason as when they were made.", "2s", [policies]),
        ("triggers.", "3s", [_triggers(parts, design) for design in parts.designs if design.emissions]),
        ("functions. What another table's script still uses, stays.", "3s", [_functions(parts)]),
    ]
    used = [step for step in steps if step[2]]
    written = [_step(f"{number} of {len(used)}", *step) for number, step in enumerate(used, start=1)]
    head = f"Undoes the script for {subject}: the catalogue is afterwards as it was before. May be run again."
    published = [str(design.table) for design in parts.designs if needs_cut_over(design)]
    sentences = (head, _MIND_CUT_OVER.format(", ".join(published))) if published else (head,)
    return render("down", {"head": Remark(sentences), "steps": joined(written, "\n\n")})


def _step(number: str, title: str, timeout: str, bodies: Sequence[Fragment]) -> Fragment:
    transactions = [fragment("down_step", {"timeout": timeout, "body": body}) for body in bodies]
    return Fragment(f"-- Step {number}: {title}\n{joined(transactions, chr(10)).text}")


def _triggers(parts: Parts, design: Design) -> Fragment:
    return joined([_drop_triggers(design, table) for owner, table in parts.watched if owner is design], "\n")


def _drop_triggers(design: Design, watched: Watched) -> Fragment:
    """The triggers by name; those of partitions by their function, since a partition may have been detached."""
    table: dict[str, Value] = {"schema": watched.table.schema, "table": watched.table.name}
    dropped = [fragment("drop_trigger", {**table, "trigger": name}) for _, name in watched.triggers]
    if watched.table in design.partitioned:
        dropped.append(fragment("drop_partition_triggers", {"function": signature(watched)}))
    return joined(dropped, "\n")


def _functions(parts: Parts) -> Fragment:
    dropped = [fragment("drop_function", {"function": table.function}) for _, table in parts.watched]
    dropped += [drop_outbox(design) for design in parts.designs if design.emissions and is_outboxed(design)]
    shared = [fragment("drop_entitlement", {"function": name}) for name in parts.helpers]
    shared += [fragment("drop_topic_ids", {})] if parts.encodes else []
    own = Fragment("".join(f"{part.text}\n" for part in dropped) + "\n") if dropped else Fragment("")
    return fragment("down_functions", {"functions": own, "entitlements": joined(shared, "\n")})


def signature(watched: Watched) -> str:
    """The function as to_regprocedure() takes it."""
    return f"{SCHEMA}.{quote_ident(watched.function)}()"
