"""Scripts to prove and to break, by the names that mutants use, each with the catalogue that it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from realtime_advisor.model import Catalog, Script, Table

from ..generation.conftest import write
from ..generation.test_entitlement import keyed
from ..generation.test_presence import present
from ..generation.world import CATALOG, DOCUMENTS_DECISION, MESSAGES_DECISION, NOTIFICATIONS_DECISION, TABLES


@dataclass(frozen=True)
class Case:
    """A script and the catalogue it was made for."""

    script: Script
    catalog: Catalog
    tables: tuple[Table, ...] = TABLES  # parents first


def cases() -> Mapping[str, Case]:
    """What mutants are made of."""
    notes, notes_catalog = keyed("text", "text")
    return {
        "notifications": Case(write(NOTIFICATIONS_DECISION), CATALOG),
        "documents": Case(write(DOCUMENTS_DECISION), CATALOG),
        "messages": Case(write(MESSAGES_DECISION), CATALOG),
        "notes": Case(
            write(notes, notes_catalog),
            notes_catalog,
            tuple(notes_catalog[name] for name in ("teams", "members", "notes")),
        ),
        "presence": Case(present(), CATALOG),
    }


CASES = cases()
