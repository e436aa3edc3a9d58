"""Each table's line among the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Final

from realtime_advisor.display.badges import proof_badge
from realtime_advisor.display.palette import OPTIONS
from realtime_advisor.display.tables import say_scope
from realtime_advisor.display.views import Badge
from realtime_advisor.display.wording import is_number, say_number, say_table
from realtime_advisor.model import (
    Advice,
    Churn,
    Decision,
    Design,
    Evidence,
    Option,
    Proof,
    ProofStatus,
    Source,
    TableName,
)

from .files import stem
from .report_views import Row

_ORDER: Final = tuple(Option)
_SURENESS: Final = ("low", "medium", "high")
_UNKNOWN: Final = -1.0  # sorted below every number
# Of the busiest tables the page tells everything, of others less, and of yet others the verdict: so it stays small.
MOST_FULL: Final = 60
MOST_DOSSIERS: Final = 1000


def rows_by_table(advice: Advice) -> Mapping[TableName, Row]:
    """A line for each table, the tables in order of name; the busiest ones have dossiers."""
    rows = {table: _row(advice, decision) for table, decision in advice.decisions.items()}
    busiest = sorted(rows, key=lambda table: (-rows[table].rate, -rows[table].trust, table))
    places = {table: place for place, table in enumerate(busiest)}
    return {
        table: replace(row, anchor=anchor_of(table), full=places[table] < MOST_FULL)
        if places[table] < MOST_DOSSIERS
        else row
        for table, row in rows.items()
    }


def anchor_of(table: TableName) -> str:
    """The dossier's place in the page: safe in an address, whatever the table is called.

    >>> anchor_of(TableName("public", "orders"))
    't-public.orders'
    """
    return f"t-{stem(table)}"


def _row(advice: Advice, decision: Decision) -> Row:
    churn, proof = advice.churn.get(decision.table), advice.proofs.get(decision.table)
    has_script = decision.table in advice.scripts
    rate = churn.events_per_minute if churn else None
    hottest = decision.rates.hottest_per_minute if decision.rates else None
    return Row(
        name=say_table(decision.table),
        option=decision.option.value,
        rank=_ORDER.index(decision.option),
        badge=Badge(OPTIONS[decision.option]),
        confidence=decision.confidence,
        sureness=_SURENESS.index(decision.confidence),
        scope=say_scope(decision.scope) if decision.scope else "–",
        rate=_sortable(rate),
        rate_said=_say_rate(churn),
        hottest=_sortable(hottest.value if hottest else None),
        hottest_said=say_hottest(hottest),
        trust=_trust(proof, has_script),
        proof=proof_badge(proof) if has_script else None,
        because=_because(decision),
        topics=" ".join(_topics(advice.designs[decision.table])),
    )


def _sortable(value: object) -> float:
    return round(float(value), 6) if is_number(value) and isfinite(value) else _UNKNOWN


def _because(decision: Decision) -> str:
    """The deciding reason; where the architect decided otherwise, that."""
    if decision.override:
        return f"Decided by the architect: {decision.override}"
    return decision.reasons[0] if decision.reasons else ""


def _say_rate(churn: Churn | None) -> str:
    if churn is None:
        return "unknown"
    if churn.events_per_minute is None:
        return f"{churn.events:,} in all" if churn.events else "0"
    return say_number(churn.events_per_minute)


def say_hottest(hottest: Evidence | None) -> str:
    """The hottest scope's rate, and whether it is a bound or inferred."""
    if hottest is None:
        return "–"
    if not is_number(hottest.value):
        return "unknown"
    bounds = {"at most": "≤ ", "at least": "≥ "}
    sign = next((sign for words, sign in bounds.items() if hottest.detail.startswith(words)), "")
    return f"{sign or ('≈ ' if hottest.source is Source.INFERRED and hottest.value else '')}{say_number(hottest.value)}"


def _trust(proof: Proof | None, has_script: bool) -> int:
    """What is not proved comes last but for what has nothing to prove."""
    if not has_script:
        return -1
    status = proof.status if proof else ProofStatus.NOT_PROVED
    return (ProofStatus.NOT_PROVED, ProofStatus.SUBSTITUTED, ProofStatus.PROVED).index(status)


def _topics(design: Design) -> list[str]:
    told = [word for each in design.emissions for word in (each.topic, each.event)]
    return [*told, *([design.changes_filter] if design.changes_filter else [])]
