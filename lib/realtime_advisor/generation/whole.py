"""All designs of a schema to one migration: each helper once, and as few policies as there can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from realtime_advisor.model import Design, Emission, Migration, Proof, TableName

from .checking import check
from .entitlement import family
from .grants import grants_of, grants_of_all, told_by
from .heads import about, head_of_all
from .outbox import is_outboxed, outbox
from .parts import Parts, take_apart
from .rendering import Fragment, fragment, render
from .sql import functions_step, policies_step, spelling, why_nothing
from .triggers import create_triggers
from .undoing import undo


def generate_all(designs: Iterable[Design], proofs: Mapping[TableName, Proof] | None = None) -> Migration:
    """The SQL of all designs together, each byte the same for the same designs, in whatever order they come.

    The head tells how `proofs` found each table's script.

    Tables without SQL are left out, with the reason. A single table's script serves on beside it, and is superseded:
    the functions have the same names and texts, and its policies are replaced by those of the whole.
    """
    ordered = sorted(designs, key=lambda design: design.table)
    left_out = dict(_without_sql(ordered)) | dict(_ambiguous(ordered)) | dict(_of_another_pattern(ordered))
    told = [design for design in ordered if design.table not in left_out]
    parts = take_apart(told, grants_of_all(told))
    out = tuple(sorted(left_out.items()))
    if not told:
        return Migration((), "", "", "", "", "", out)
    subject = f"{len(told)} tables"
    return Migration(
        designs=tuple(told),
        functions=functions_step(
            parts, head_of_all(told, _refused(ordered, out), proofs or {}), list(_functions(parts))
        ),
        triggers=_triggers_step(parts),
        policies=policies_step(parts, list(_superseded(told))),
        down=undo(parts, subject),
        check=check(parts, subject),
        left_out=out,
    )


def _without_sql(designs: Sequence[Design]) -> Iterator[tuple[TableName, str]]:
    for design in designs:
        if design.refusal or not told_by(design):
            yield design.table, design.refusal or why_nothing(design)


def _refused(designs: Sequence[Design], left_out: Sequence[tuple[TableName, str]]) -> tuple[tuple[TableName, str], ...]:
    """What the head names: tables that should have had SQL."""
    silent = {design.table for design in designs if not design.refusal and not told_by(design)}
    return tuple((table, sentence) for table, sentence in left_out if table not in silent)


def _ambiguous(designs: Sequence[Design]) -> Iterator[tuple[TableName, str]]:
    """Two kinds of principal under one label, whose ids may be alike, must not meet on one topic."""
    first: dict[str, Emission] = {}
    for design in designs:
        for _, emission in told_by(design):
            other = first.setdefault(emission.topic, emission)
            if other.scope.principal != emission.scope.principal and family(emission.scope.key_type) != "uuid":
                yield (
                    design.table,
                    f"{design.table} would share the topic {emission.topic} with rows of {other.scope.principal}, "
                    f"while its own are of {emission.scope.principal}: where two ids are alike, each would hear the "
                    "other. Give one of them another label.",
                )


def _of_another_pattern(designs: Sequence[Design]) -> Iterator[tuple[TableName, str]]:
    """A topic of one pattern may look like another one of a second pattern."""
    told = [(design.table, emission.pattern) for design in designs for _, emission in told_by(design)]
    for table, pattern in told:
        first, usual = told[0]
        if pattern != usual:
            yield (
                table,
                f"{table} has topics of the pattern {pattern}, and {first} of {usual}: a topic of one could be taken "
                "for one of the other. Use one pattern for all tables.",
            )


def _functions(parts: Parts) -> Iterator[Fragment]:
    yield from spelling(parts)
    yield from parts.helpers.values()
    for design in parts.designs:
        yield fragment("about", {"about": about(design)})
        if design.emissions and is_outboxed(design):
            yield outbox(design)
        yield from (parts.callbacks[table.function] for owner, table in parts.watched if owner is design)


def _triggers_step(parts: Parts) -> str:
    """A transaction for each table, so that no lock on one waits for a lock on another."""
    made = [
        fragment("triggers_of_one", {"triggers": create_triggers(design, table)}) for design, table in parts.watched
    ]
    return render("triggers_of_all", {"triggers": Fragment("\n\n".join(part.text for part in made))}) if made else ""


def _superseded(designs: Sequence[Design]) -> Iterator[Fragment]:
    """The policies that single tables' scripts made."""
    yield Fragment("-- What single tables' scripts made is in the policies below.")
    names = dict.fromkeys(grant.name for design in designs for grant in grants_of(design))
    for name in names:
        yield fragment("drop_policy", {"policy": name})
