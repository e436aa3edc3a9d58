"""Each table's line among the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
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


def rows_by_table(advice: Advice) -> Mapping[TableName, Row]:
    """A line for each table, the tables in order of name."""
    return {
        table: _row(
            decision,
            advice.designs[table],
            advice.churn.get(table),
            advice.proofs.get(table),
            table in advice.scripts,
        )
        for table, decision in advice.decisions.items()
    }


def anchor_of(table: TableName) -> str:
    """The dossier's place in the page: safe in an address, whatever the table is called.

    >>> anchor_of(TableName("public", "orders"))
    't-public.orders'
    """
    return f"t-{stem(table)}"


def _row(decision: Decision, design: Design, churn: Churn | None, proof: Proof | None, has_script: bool) -> Row:
    rate = churn.events_per_minute if churn else None
    hottest = decision.rates.hottest_per_minute if decision.rates else None
    return Row(
        anchor=anchor_of(decision.table),
        name=say_table(decision.table),
        option=decision.option.value,
        rank=_ORDER.index(decision.option),
        badge=Badge(OPTIONS[decision.option]),
        confidence=decision.confidence,
        sureness=_SURENESS.index(decision.confidence),
        scope=say_scope(decision.scope) if decision.scope else "–",
        rate=_UNKNOWN if rate is None else round(rate, 6),
        rate_said=_say_rate(churn),
        hottest=round(float(hottest.value), 6) if hottest and is_number(hottest.value) else _UNKNOWN,
        hottest_said=say_hottest(hottest),
        trust=_trust(proof, has_script),
        proof=proof_badge(proof) if has_script else None,
        because=_because(decision),
        topics=" ".join(_topics(design)),
    )


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
