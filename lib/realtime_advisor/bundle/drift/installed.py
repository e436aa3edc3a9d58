"""Functions, triggers and policies: what the bundle's own check scripts find missing or altered."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from realtime_advisor.generation.quoting import quote_ident
from realtime_advisor.model import CheckRow, DriftFinding, TableName
from realtime_advisor.observation.checking import run_checks
from realtime_advisor.observation.target import Target

from .access import AGAIN, Access
from .expected import Expected
from .tables import DECIDE_AGAIN

SCHEMA: Final = "schema realtime_advisor"
_NOT_VOIDED: Final = "no policy opens every topic"
INSTALLER: Final = "postgres"  # whom Supabase gives BYPASSRLS
_NO_BYPASS: Final = re.compile(r"\bits owner (.*) has no BYPASSRLS")
_KINDS: Final = ("function", "trigger", "policy")
_OPENING: Final = ("row", "no")  # row level security off, a policy that is true: they open every channel
# What no script of the bundle mends, with what does.
_REMEDIES: Final = {
    "partition": "Let a client connect, which makes Realtime create it, or ask Supabase why it did not.",
    "partitions": "Run the script's step of triggers again.",
    "columns": DECIDE_AGAIN,
    "index": "Create the index: each join of a channel looks its user up there.",
    "payload": "Grant it, or leave the column out of the payload.",
    "row": "Enable row level security on realtime.messages.",
    "no": "Drop those policies.",
}


def find_faults(target: Target, expected: Expected) -> tuple[CheckRow, ...]:
    """What the bundle's check scripts find not to be in place. Raises AdvisorError."""
    faults = _faults(run_checks(target, expected.whole))
    if faults and expected.single and not any(row.name == SCHEMA for row in faults):
        # Where the tables' own scripts were run instead of the whole's, the policies have other names.
        faults = min(faults, _faults(run_checks(target, expected.single)), key=len)
    return faults


def find_installed(
    faults: Iterable[CheckRow], gone: Collection[TableName], lacking: Collection[TableName], access: Access
) -> tuple[DriftFinding, ...]:
    """The faults, but for what is told already of tables that are gone, of columns they lack, and of access."""
    told = {*access.told, *(f"columns of {table}" for table in lacking)}
    told |= {_NOT_VOIDED} if access.findings else set()
    return tuple(_tell([row for row in faults if row.name not in told and not row.name.endswith(_ends(gone))]))


def _ends(gone: Collection[TableName]) -> tuple[str, ...]:
    """How the names of rows about these tables end."""
    triggers = (f" on {quote_ident(table.schema)}.{quote_ident(table.name)}" for table in gone)
    return (*triggers, *(f" of {table}" for table in gone))


def _faults(found: Mapping[str, tuple[CheckRow, ...]]) -> tuple[CheckRow, ...]:
    """What is not ok, each once: scripts of several tables look at what they share."""
    return tuple(dict.fromkeys(row for rows in found.values() for row in rows if not row.ok))


def _remedy(row: CheckRow) -> str:
    """What mends it; CREATE OR REPLACE keeps an owner, so that the bundle's SQL would leave that as it is."""
    kind, _, name = row.name.partition(" ")
    owner = _NO_BYPASS.search(row.detail)
    if kind != "function" or not owner:
        return _REMEDIES.get(kind, AGAIN)
    if owner[1] == INSTALLER:
        return f"Give it back, as a superuser: alter role {INSTALLER} bypassrls;"
    function = quote_ident(name)
    return (
        f"Applying the SQL again keeps the owner: alter function realtime_advisor.{function} owner to {INSTALLER}; or "
        f"drop it with what depends on it, and apply the bundle's SQL as {INSTALLER}."
    )


def _tell(faults: Iterable[CheckRow]) -> Iterator[DriftFinding]:
    rows = tuple(faults)
    if any(row.name == SCHEMA for row in rows):
        fact = "Nothing of the bundle is installed: there is no schema realtime_advisor."
        yield DriftFinding("nothing installed", None, fact, "Apply the bundle's SQL, as its README.md says.")
        return
    for row in rows:
        kind = row.name.partition(" ")[0]
        subject = row.name[0].upper() + row.name[1:]
        what = kind if kind in _KINDS else "access" if kind in _OPENING else "check"
        yield DriftFinding(what, None, f"{subject}: {row.detail}.", _remedy(row))
