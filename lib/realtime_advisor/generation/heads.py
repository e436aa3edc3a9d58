"""What stands at the top of a script: what was decided, why, and how to apply it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from realtime_advisor.model import Design, Emission, Option, Proof, ProofStatus, TableName

from .rendering import Remark

_ACTIONS: Final = "created|updated|deleted"
_WAYS: Final = {
    Option.BROADCAST: "broadcast from the database",
    Option.POSTGRES_CHANGES: "Postgres Changes for its rows, and broadcast from the database for its feed",
    Option.PRESENCE: "tracked in Presence by its clients",
    Option.NO_REALTIME: "no realtime of its own",
}
_WRITTEN: Final = "Written by Realtime Decision Notebooks: change the decision, not this file."
_USE: Final = (
    "Apply: psql -v ON_ERROR_STOP=1 -f <this file>, as the owner of the tables, with BYPASSRLS (on Supabase: "
    "postgres). Every step is a transaction of its own and may be run again.",
    "Verify: run the check script, every line of it should be ok.",
    "Undo: run the down script.",
)


def head_of(design: Design, proof: Proof | None) -> Remark:
    """The head of one table's script."""
    return Remark(
        (f"{design.table}: {_WAYS[design.option]}.", _WRITTEN, "", *_told(design), _say_proof(proof), "", *_USE),
        indent="  ",
    )


def _say_proof(proof: Proof | None) -> str:
    if proof is None:
        return "Proof: not proved; nobody has run this script yet. Try it on a staging database first."
    return f"Proof: {proof.status.value}. {proof.reason}"


def head_of_all(
    designs: Sequence[Design], left_out: Sequence[tuple[TableName, str]], proofs: Mapping[TableName, Proof]
) -> Remark:
    """The head of a whole schema's script; what is told of each table stands beside its functions."""
    notes = dict.fromkeys(note for design in designs for note in design.notes)
    return Remark(
        (
            f"{len(designs)} tables in one migration.",
            _WRITTEN,
            "",
            *(f"{design.table}: {_WAYS[design.option]}; by itself {_status(design, proofs)}." for design in designs),
            *(f"Left out: {sentence}" for _, sentence in left_out),
            *(f"Mind: {note}" for note in notes),
            "",
            *_USE,
        ),
        indent="  ",
    )


def _status(design: Design, proofs: Mapping[TableName, Proof]) -> str:
    return (proofs[design.table].status if design.table in proofs else ProofStatus.NOT_PROVED).value


def about(design: Design) -> Remark:
    """What a whole schema's script says beside one table's functions."""
    return Remark((f"{design.table}: {_WAYS[design.option]}.", *_told(design, with_notes=False)), indent="  ")


def _told(design: Design, *, with_notes: bool = True) -> Iterator[str]:
    if design.override:
        yield f"Decided by the architect: {design.override}"
    yield from (f"Because: {reason}" for reason in design.reasons)
    yield from (f"Sends: {_message(emission)}" for emission in design.emissions)
    if design.granularity != "row":
        yield from (f"Carries: {_carried(emission)}" for emission in design.emissions if emission.columns)
    if design.clients_send:
        yield from (f"Clients send: {_sent_by_clients(emission)}" for emission in design.emissions if not emission.feed)
    if design.presence:
        yield f"Tracked on: {design.presence.topic}, whose members see each other; nothing is stored."
    if design.emissions:
        yield f"When: {_when(design)}"
    yield from (f"Not told: {gap}" for gap in design.gaps)
    if with_notes:
        yield from (f"Mind: {note}" for note in design.notes)


def _message(emission: Emission) -> str:
    return f"{emission.event.replace('<action>', _ACTIONS)} to {emission.topic}"


def _carried(emission: Emission) -> str:
    return (
        f"{', '.join(emission.columns)}, under 'record', to all who listen to {emission.topic}, when a statement "
        "changed one row and that stayed in its scope; else 'record' is null, and clients fetch."
    )


def _sent_by_clients(emission: Emission) -> str:
    return (
        f"members of the {emission.scope.label} may broadcast on {emission.topic} too, under any event. A client "
        "cannot tell such a message from one of the database: it may fetch because of it, and trust nothing in it."
    )


def _when(design: Design) -> str:
    watched = dict.fromkeys(column for emission in design.emissions for column in emission.watched)
    columns = ", ".join(watched) or "nothing else"
    return f"a row comes, goes, or changes in its key, its scope, or any of: {columns}."
