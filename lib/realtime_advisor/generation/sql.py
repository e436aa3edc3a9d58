"""A design to SQL: the three steps that install it, the script that undoes it, the queries that check it."""

from __future__ import annotations

from collections.abc import Sequence

from realtime_advisor.errors import ScriptRefused
from realtime_advisor.model import Design, Option, Proof, Script

from .checking import carried_columns, check
from .cutover import cut_over
from .grants import create_policy, grants_of, told_by
from .heads import head_of
from .outbox import is_outboxed, outbox
from .parts import Parts, take_apart
from .policies import tables_read
from .quoting import quote_literal
from .rendering import Fragment, Remark, fragment, joined, render
from .triggers import create_triggers
from .undoing import undo


def generate(design: Design, proof: Proof | None = None) -> Script:
    """The scripts of a design, each byte the same for the same design; the head tells how `proof` found them.

    Raises ScriptRefused where the design was refused, or there is no topic to tell or to track on.
    """
    if design.refusal or not told_by(design):
        raise ScriptRefused(design.refusal or why_nothing(design))
    parts = take_apart([design], grants_of(design))
    outboxes = [outbox(design)] if design.emissions and is_outboxed(design) else []
    functions = [*spelling(parts), *outboxes, *parts.helpers.values(), *parts.callbacks.values()]
    return Script(
        design=design,
        functions=functions_step(parts, head_of(design, proof), functions),
        triggers=_triggers_step(parts),
        policies=policies_step(parts),
        down=undo(parts, str(design.table)),
        check=check(parts, str(design.table)),
        cutover=cut_over(design),
    )


def why_nothing(design: Design) -> str:
    """Why a design has no script, and what to do instead."""
    if design.option is Option.POSTGRES_CHANGES:
        by = f", filtered by {design.changes_filter}" if design.changes_filter else ""
        return (
            f"{design.table} is told by Postgres Changes and needs no functions or triggers: publish it in "
            f"supabase_realtime and subscribe{by}."
        )
    last = design.reasons[-1] if design.reasons else "Choose Broadcast for it to get a script."
    return f"{design.table} is decided as {design.option.value}, so there is no SQL to install. {last}"


def spelling(parts: Parts) -> list[Fragment]:
    """The functions that write ids as words of a topic, where any id needs it."""
    return [fragment("topic_ids", {})] if parts.encodes else []


def functions_step(parts: Parts, head: Remark, functions: Sequence[Fragment]) -> str:
    """The first step: what is needed is there, then the functions in order of dependency."""
    callers = "triggers" if parts.watched else "policies"
    return render(
        "functions",
        {
            "head": head,
            "count": Fragment(str(_count(parts))),
            "callers": Fragment(callers),
            "reads": _preconditions(parts.designs),
            "functions": joined(functions, "\n\n"),
        },
    )


def _count(parts: Parts) -> int:
    return 3 if parts.watched else 2


def _preconditions(designs: Sequence[Design]) -> Fragment:
    """Blocks that fail where what these designs' functions rely on is not there."""
    set_based = any(design.emissions and design.granularity == "statement, set-based" for design in designs)
    blocks = [render("check_messages", {})] if set_based else []
    for design in designs:
        for table in dict.fromkeys(name for name, _ in design.generated):
            columns = Fragment(", ".join(quote_literal(column) for name, column in design.generated if name == table))
            blocks.append(render("check_generated", {"columns": columns, "table": str(table)}))
        if any(emission.columns for emission in design.emissions):
            blocks.append(render("check_columns", {"carried": carried_columns(design), "table": str(design.table)}))
    told = [emission for design in designs for _, emission in told_by(design)]
    tables = dict.fromkeys(table for emission in told for table in tables_read(emission))
    if tables:
        names = Fragment(", ".join(quote_literal(str(table)) for table in tables))
        blocks.append(render("check_reads", {"tables": names}))
    return Fragment("".join(blocks))


def _triggers_step(parts: Parts) -> str:
    created = [create_triggers(design, table) for design, table in parts.watched]
    template = "triggers_of_rows" if all(design.granularity == "row" for design in parts.designs) else "triggers"
    return render(template, {"triggers": joined(created, "\n\n")}) if created else ""


def policies_step(parts: Parts, superseded: Sequence[Fragment] = ()) -> str:
    """The last step: the policies, after those that they take the place of are gone."""
    dropped = [joined(superseded, "\n")] if superseded else []
    policies = [*dropped, *(create_policy(grant) for grant in parts.grants)]
    number = Fragment(f"{_count(parts)} of {_count(parts)}")
    return render("policies", {"number": number, "policies": joined(policies, "\n\n")})
