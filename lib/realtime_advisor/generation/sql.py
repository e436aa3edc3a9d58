"""A design to SQL: the three steps that install it, the script that undoes it, the queries that check it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import md5
from typing import Final

from realtime_advisor.errors import ScriptRefused
from realtime_advisor.model import Design, Emission, Option, Script

from .cutover import cut_over
from .entitlement import needs_encoding
from .naming import outbox_name, policy_name
from .outbox import TRIGGER, drop_outbox, flush_name, is_outboxed, outbox
from .policies import create_policy, drop_policy, entitlement_function, entitlement_name, tables_read
from .quoting import qualified, quote_ident, quote_literal
from .rendering import Fragment, Remark, Value, fragment, joined, render
from .triggers import create_triggers, trigger_function
from .watching import SCHEMA, Watched, watched_tables

_ACTIONS: Final = "created|updated|deleted"
_BODY: Final = re.compile(r"^as (\$function(?:_\d+)?\$)(.*?)\1;$", re.DOTALL | re.MULTILINE)


def generate(design: Design) -> Script:
    """The scripts of a design, each byte the same for the same design.

    Raises ScriptRefused where the design was refused or emits nothing.
    """
    if design.refusal or not design.emissions:
        raise ScriptRefused(design.refusal or _why_nothing(design))
    watched = watched_tables(design)
    helpers = {entitlement_name(emission): entitlement_function(emission) for emission in design.emissions}
    callbacks = {table.function: trigger_function(design, table) for table in watched}
    created = [create_triggers(design, table) for table in watched]
    return Script(
        design=design,
        functions=_functions(design, [*_shared(design), *helpers.values(), *callbacks.values()]),
        triggers=render("triggers", {"triggers": joined(created, "\n\n")}),
        policies=render("policies", {"policies": joined([create_policy(told) for told in design.emissions], "\n\n")}),
        down=_down(design, watched, helpers),
        check=_check(design, watched, helpers, callbacks),
        cutover=cut_over(design),
    )


def _why_nothing(design: Design) -> str:
    if design.option is Option.POSTGRES_CHANGES:
        by = f", filtered by {design.changes_filter}" if design.changes_filter else ""
        return (
            f"{design.table} is told by Postgres Changes and needs no functions or triggers: publish it in "
            f"supabase_realtime and subscribe{by}."
        )
    last = design.reasons[-1] if design.reasons else "Choose Broadcast for it to get a script."
    return f"{design.table} is decided as {design.option.value}, so there is no SQL to install. {last}"


def _functions(design: Design, functions: Iterable[Fragment]) -> str:
    return render(
        "functions",
        {"head": _head(design), "reads": _preconditions(design), "functions": joined(list(functions), "\n\n")},
    )


def _shared(design: Design) -> list[Fragment]:
    """What the functions stand on: the spelling of ids that are text, and the outbox."""
    encoding = [fragment("topic_ids", {})] if _encodes(design) else []
    return [*encoding, outbox(design)] if is_outboxed(design) else encoding


def _encodes(design: Design) -> bool:
    return any(needs_encoding(emission.scope.key_type) for emission in design.emissions)


def _preconditions(design: Design) -> Fragment:
    """Blocks that fail where what this design's functions rely on is not there."""
    blocks = [render("check_messages", {})] if design.granularity == "statement, set-based" else []
    if design.generated:
        columns = Fragment(", ".join(map(quote_literal, design.generated)))
        blocks.append(render("check_generated", {"columns": columns, "table": qualified(design.table)}))
    tables = dict.fromkeys(table for emission in design.emissions for table in tables_read(emission))
    if tables:
        names = Fragment(", ".join(quote_literal(str(table)) for table in tables))
        blocks.append(render("check_reads", {"tables": names}))
    return Fragment("".join(blocks))


_WAYS: Final = {
    Option.BROADCAST: "broadcast from the database",
    Option.POSTGRES_CHANGES: "Postgres Changes for its rows, and broadcast from the database for its feed",
}


def _head(design: Design) -> Remark:
    sends = [f"{told.event.replace('<action>', _ACTIONS)} to {told.topic}" for told in design.emissions]
    return Remark(
        (
            f"{design.table}: {_WAYS[design.option]}.",
            "Written by Realtime Decision Notebooks: change the decision, not this file.",
            "",
            *(f"Because: {reason}" for reason in design.reasons),
            *(f"Sends: {message}" for message in sends),
            f"When: {_when(design)}",
            *(f"Not told: {gap}" for gap in design.gaps),
            "",
            "Apply: psql -v ON_ERROR_STOP=1 -f <this file>, as the owner of the tables, with BYPASSRLS (on Supabase: "
            "postgres). Every step is a transaction of its own and may be run again.",
            "Verify: run the check script, every line of it should be ok.",
            "Undo: run the down script.",
        ),
        indent="  ",
    )


def _when(design: Design) -> str:
    watched = dict.fromkeys(column for emission in design.emissions for column in emission.watched)
    columns = ", ".join(watched) or "nothing else"
    return f"a row comes, goes, or changes in its key, its scope, or any of: {columns}."


def _down(design: Design, watched: tuple[Watched, ...], helpers: Iterable[str]) -> str:
    own = watched[0].function
    entitlements = [fragment("drop_entitlement", {"function": name}) for name in helpers]
    head = f"Undoes the script for {design.table}: the catalogue is afterwards as it was before. May be run again."
    return render(
        "down",
        {
            "head": Remark((head,)),
            "policies": joined([drop_policy(emission, own) for emission in design.emissions], "\n"),
            "triggers": joined([_drop_triggers(design, table) for table in watched], "\n"),
            "functions": joined(_drop_functions(design, watched), "\n"),
            "entitlements": joined(
                [*entitlements, *([fragment("drop_topic_ids", {})] if _encodes(design) else [])], "\n"
            ),
        },
    )


def _drop_triggers(design: Design, watched: Watched) -> Fragment:
    """The triggers by name; those of partitions by their function, since a partition may have been detached."""
    table = {"schema": watched.table.schema, "table": watched.table.name}
    dropped = [fragment("drop_trigger", {**table, "trigger": name}) for _, name in watched.triggers]
    if watched.table in design.partitioned:
        dropped.append(fragment("drop_partition_triggers", {"function": _signature(watched)}))
    return joined(dropped, "\n")


def _drop_functions(design: Design, watched: Iterable[Watched]) -> list[Fragment]:
    dropped = [fragment("drop_function", {"function": table.function}) for table in watched]
    return [*dropped, drop_outbox(design)] if is_outboxed(design) else dropped


def _signature(watched: Watched) -> str:
    """The function as to_regprocedure() takes it."""
    return f"{SCHEMA}.{quote_ident(watched.function)}()"


def _check(
    design: Design, watched: tuple[Watched, ...], helpers: dict[str, Fragment], callbacks: dict[str, Fragment]
) -> str:
    functions = [
        *(_row(name, False, _fingerprint(text)) for name, text in helpers.items()),
        *(_row(name, True, _fingerprint(text)) for name, text in callbacks.items()),
        *([_row(flush_name(design), True, _fingerprint(outbox(design)))] if is_outboxed(design) else []),
    ]
    triggers = [
        _row(table.table.schema, table.table.name, name, table.function)
        for table in watched
        for _, name in table.triggers
    ]
    if is_outboxed(design):
        triggers.append(_row(SCHEMA, outbox_name(design.table), TRIGGER, flush_name(design)))
    head = f"Whether all is in place for {design.table}. Reads only; one row a check: name, ok, detail."
    return render(
        "check",
        {
            "head": Remark((head,)),
            "functions": joined(functions, ",\n"),
            "triggers": joined(triggers, ",\n"),
            "policies": joined([_policy_row(emission) for emission in design.emissions], ",\n"),
            "partitions": joined(
                [_check_partitions(table) for table in watched if table.table in design.partitioned], ""
            ),
        },
    )


def _check_partitions(watched: Watched) -> Fragment:
    values: dict[str, Value] = {
        "name": f"partitions of {watched.table}",
        "table": qualified(watched.table),
        "function": _signature(watched),
        "count": Fragment(str(len(watched.row_triggers))),
    }
    return Fragment(render("check_partitions", values).rstrip("\n"))


def _policy_row(emission: Emission) -> Fragment:
    return _row(policy_name(emission.topic), entitlement_name(emission))


def _row(*values: str | bool) -> Fragment:
    """A row of VALUES."""
    written = (str(value).lower() if isinstance(value, bool) else quote_literal(value) for value in values)
    return Fragment(f"({', '.join(written)})")


def _fingerprint(function: Fragment) -> str:
    """The md5 of a function's body, as Postgres computes it of pg_proc.prosrc."""
    body = _BODY.search(function.text)
    if body is None:
        raise ValueError("a function without a body")
    return md5(body[2].encode(), usedforsecurity=False).hexdigest()
