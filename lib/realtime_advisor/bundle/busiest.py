"""What a reader has to look at first: the busiest tables, and what only an answer would settle."""

from __future__ import annotations

from collections.abc import Iterable

from realtime_advisor.model import Advice, TableName


def busiest_first(tables: Iterable[TableName], advice: Advice) -> list[TableName]:
    """Tables by how often their rows change; those that change alike, or of which that is unknown, by name."""

    def rate(table: TableName) -> float:
        churn = advice.churn.get(table)
        return (churn.events_per_minute if churn else None) or 0.0

    return sorted(tables, key=lambda table: (-rate(table), table))


def lacking_an_answer(advice: Advice) -> list[TableName]:
    """The tables that stay silent because too little is known of them, the busiest first; an answer may settle it."""
    silent = (table for table, decision in advice.decisions.items() if decision.lacks_an_answer)
    return busiest_first(silent, advice)


def tell_no_supabase(advice: Advice) -> str | None:
    """What is lacking on a server that is no Supabase, as long as nobody is known who may listen to any table."""
    known = any(decision.scope and decision.scope.entitlement for decision in advice.decisions.values())
    if advice.server.is_supabase or known:
        return None
    return "This is no Supabase database: nothing tells what clients may read, so who may listen is unknown too."
