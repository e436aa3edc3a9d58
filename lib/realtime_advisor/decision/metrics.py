"""What the matrix looks at: each metric of one table, with its evidence. An unknown value is None and says why."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from realtime_advisor.model import (
    Catalog,
    Churn,
    Evidence,
    Scope,
    ScopeKind,
    ScopeRates,
    Source,
    Table,
    TableName,
)
from realtime_advisor.reference import Hints, Matrix, load_hints

from . import bulk, poller
from .answer import RATE, TableAnswers
from .principals import Principals
from .rates import measure_rates, telling
from .readers import infer_readers, is_shown_to_none

Metrics = dict[str, Evidence]


@dataclass(frozen=True)
class Facts:
    """All that is known of one table when it is judged."""

    table: Table
    catalog: Catalog
    churn: Churn | None
    scopes: tuple[Scope, ...]
    principals: Principals
    references: int  # foreign keys of other tables that point here
    answers: TableAnswers

    @property
    def scope(self) -> Scope | None:
        return self.scopes[0] if self.scopes else None


def rates_of(facts: Facts, matrix: Matrix) -> ScopeRates:
    """The table's rates, of the whole and of a scope."""
    return measure_rates(facts.table, facts.scope, facts.catalog, facts.churn, matrix, facts.answers)


def measure(facts: Facts, rates: ScopeRates, matrix: Matrix) -> Metrics:
    """Every metric that the matrix may name."""
    hints = load_hints()
    parts = {part for column in facts.table.columns for part in (column.name, *_words(column.name))}
    named = set(_words(facts.table.name.name))
    log, metadata = _hint(named, hints.log), _hint(named, hints.metadata)
    return {
        **_of_churn(facts),
        RATE: rates.hottest_per_minute,
        bulk.METRIC: bulk.measure_bulk(facts.churn, matrix, facts.answers),
        poller.METRIC: poller.measure_checks(facts.table, facts.churn, rates, matrix, facts.answers),
        **_of_shape(facts),
        "user_facing": infer_readers(facts.table, facts.scope, (log, metadata), facts.answers),
        "tolerates_reordering": _asked(facts, "tolerates_reordering", True),
        "wants_control": _asked(facts, "wants_control", False),
        "wants_light_payloads": _asked(facts, "wants_light_payloads", False),
        "hint_log": log,
        "hint_metadata": metadata,
        **_state_hints(facts, named | parts, hints),
    }


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name))


def _hint(words: Set[str], hints: tuple[str, ...]) -> Evidence:
    found = [hint for hint in hints if hint in words]
    return Evidence(True, "yes/no", Source.INFERRED, f"a name has the word {min(found)}") if found else _NO_HINT


_NO_HINT: Final = Evidence(False, "yes/no", Source.INFERRED, "no name has such a word")
_UNASKED: Final = {
    default: Evidence(default, "yes/no", Source.ASSUMED, "not answered; this is the default")
    for default in (True, False)
}


def _state_hints(facts: Facts, words: Set[str], hints: Hints) -> Metrics:
    answer = facts.answers.says("disposable")
    metrics = {
        "hint_online": hints.online,
        "hint_active_counter": hints.active_counter,
        "hint_typing": hints.typing,
        "hint_collaboration": hints.collaboration,
    }
    if answer is not None:
        state = "disposable" if answer else "to be kept"
        told = f"the state is {state}, {facts.answers.tell('disposable')}"
        return {metric: Evidence(answer, "yes/no", Source.ANSWERED, told) for metric in metrics}
    return {metric: _hint(words, wanted) for metric, wanted in metrics.items()}


def _asked(facts: Facts, question: str, default: bool) -> Evidence:
    answer = facts.answers.says(question)
    if answer is not None:
        return Evidence(answer, "yes/no", Source.ANSWERED, facts.answers.tell(question))
    return _UNASKED[default]


def _of_shape(facts: Facts) -> Metrics:
    table, scope = facts.table, facts.scope
    usable = scope if scope and scope.kind is not ScopeKind.GLOBAL else None
    how = Source.CATALOG if usable is None else usable.source
    why = usable.reason if usable else "no column or foreign key leads to a user or a tenant"
    keyed = [c for c in table.primary_key if _leads_to_user(table, c, facts.principals)]
    return {
        "audience": Evidence(usable.kind.value if usable else None, "kind of scope", how, why),
        "scope_is_own_column": _own_column(facts, usable, how, why),
        "has_scope": Evidence(bool(facts.scopes), "yes/no", how, why),
        "has_entitlement": Evidence(
            any(entry.entitlement for entry in facts.scopes),
            "yes/no",
            Source.CATALOG,
            (scope.refusal or "") if scope else why,
        ),
        "has_primary_key": Evidence(
            bool(table.primary_key), "yes/no", Source.CATALOG, ", ".join(table.primary_key) or "none"
        ),
        "keyed_by_user": Evidence(
            bool(keyed), "yes/no", Source.CATALOG, f"primary key ({', '.join(table.primary_key)})"
        ),
        "referenced_by": Evidence(facts.references, "foreign keys", Source.CATALOG, "foreign keys of other tables"),
    }


def _own_column(facts: Facts, usable: Scope | None, how: Source, why: str) -> Evidence:
    """Whether a filter of Postgres Changes selects the scope; unknown where clients get no row to filter."""
    is_own = (not usable.path and len(usable.columns) == 1) if usable else None
    if is_own and facts.answers.given and is_shown_to_none(facts.table):
        why = "clients may not select its rows, so Postgres Changes has none to filter"
        return Evidence(None, "yes/no", Source.CATALOG, why)
    return Evidence(is_own, "yes/no", how, why)


def _leads_to_user(table: Table, column: str, principals: Principals) -> bool:
    return any(fk.columns == (column,) and fk.references in principals.users for fk in table.foreign_keys)


def _of_churn(facts: Facts) -> Metrics:
    churn, rows = telling(facts.churn), facts.table.estimated_rows
    if churn is None or not churn.events:
        nothing = "no counters for this table" if churn is None else "no row changed"
        return {metric: Evidence(None, unit, Source.MEASURED, nothing) for metric, unit in _CHURN_UNITS.items()}
    basis = "in the window" if churn.basis == "window" else "since the counters began"
    updates = churn.updates_per_minute
    each = round(updates / rows, 4) if updates is not None and rows else None
    values = {
        "update_share": (churn.update_share, f"{churn.updates} of {churn.events} {basis}"),
        "insert_share": (churn.insert_share, f"{churn.inserts} of {churn.events} {basis}"),
        "updates_per_minute_per_row": (each, f"{rows if rows is not None else 'unknown'} rows"),
    }
    return {
        metric: Evidence(value, _CHURN_UNITS[metric], Source.MEASURED, detail)
        for metric, (value, detail) in values.items()
    }


_CHURN_UNITS: Final = {
    "update_share": "share of row changes",
    "insert_share": "share of row changes",
    "updates_per_minute_per_row": "updates/minute/row",
}


def count_references(catalog: Catalog) -> dict[TableName, int]:
    """How many foreign keys of other tables point to each table."""
    counts: dict[TableName, int] = {}
    for table in catalog:
        for key in table.foreign_keys:
            if key.references != table.name:
                counts[key.references] = counts.get(key.references, 0) + 1
    return counts
