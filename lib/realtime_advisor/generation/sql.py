"""A design to SQL: the three steps that install it, the script that undoes it, the queries that check it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import md5
from typing import Final

from realtime_advisor.errors import ScriptRefused
from realtime_advisor.model import Design, Emission, Option, Script

from .naming import policy_name
from .policies import create_policy, drop_policy, entitlement_function, entitlement_name, tables_read
from .quoting import quote_literal
from .rendering import Fragment, Remark, fragment, joined, render
from .triggers import create_triggers, trigger_function
from .watching import Watched, watched_tables

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
    return Script(
        design=design,
        functions=_functions(design, [*helpers.values(), *callbacks.values()]),
        triggers=render("triggers", {"triggers": joined([create_triggers(table) for table in watched], "\n\n")}),
        policies=render("policies", {"policies": joined([create_policy(told) for told in design.emissions], "\n\n")}),
        down=_down(design, watched, helpers),
        check=_check(design, watched, helpers, callbacks),
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
        {"head": _head(design), "reads": _reads(design), "functions": joined(list(functions), "\n\n")},
    )


def _reads(design: Design) -> Fragment:
    """A block that fails where the functions' owner could not read a table that they look things up in."""
    tables = dict.fromkeys(table for emission in design.emissions for table in tables_read(emission))
    if not tables:
        return Fragment("")
    names = Fragment(", ".join(quote_literal(str(table)) for table in tables))
    return Fragment(render("check_reads", {"tables": names}))


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
    head = f"Undoes the script for {design.table}: the catalogue is afterwards as it was before. May be run again."
    return render(
        "down",
        {
            "head": Remark((head,)),
            "policies": joined([drop_policy(emission, own) for emission in design.emissions], "\n"),
            "triggers": joined([_drop_trigger(table, name) for table in watched for _, name in table.triggers], "\n"),
            "functions": joined([fragment("drop_function", {"function": table.function}) for table in watched], "\n"),
            "entitlements": joined([fragment("drop_entitlement", {"function": name}) for name in helpers], "\n"),
        },
    )


def _drop_trigger(table: Watched, name: str) -> Fragment:
    return fragment("drop_trigger", {"trigger": name, "schema": table.table.schema, "table": table.table.name})


def _check(
    design: Design, watched: tuple[Watched, ...], helpers: dict[str, Fragment], callbacks: dict[str, Fragment]
) -> str:
    functions = [
        *(_row(name, False, _fingerprint(text)) for name, text in helpers.items()),
        *(_row(name, True, _fingerprint(text)) for name, text in callbacks.items()),
    ]
    triggers = [
        _row(table.table.schema, table.table.name, name, table.function)
        for table in watched
        for _, name in table.triggers
    ]
    head = f"Whether all is in place for {design.table}. Reads only; one row a check: name, ok, detail."
    return render(
        "check",
        {
            "head": Remark((head,)),
            "functions": joined(functions, ",\n"),
            "triggers": joined(triggers, ",\n"),
            "policies": joined([_policy_row(emission) for emission in design.emissions], ",\n"),
        },
    )


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
