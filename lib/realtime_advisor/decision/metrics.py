"""What the matrix looks at: each metric of one table, with its evidence. An unknown value is None and says why."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Catalog, Churn, Column, Evidence, Scope, ScopeKind, Source, Table, TableName
from realtime_advisor.reference import Hints, Matrix, load_hints

from .answers import TableAnswers
from .principals import API_ROLES, Principals, reading_policies

Metrics = dict[str, Evidence]
# A burst stands out when the busiest interval is this many times the mean.
_STANDS_OUT: Final = 3


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


def measure(facts: Facts, matrix: Matrix) -> Metrics:
    """Every metric that the matrix may name."""
    hints = load_hints()
    parts = {part for column in facts.table.columns for part in (column.name, *_words(column.name))}
    named = set(_words(facts.table.name.name))
    return {
        **_of_churn(facts, matrix),
        **_answered_rate(facts.answers),
        **_of_shape(facts),
        "user_facing": _user_facing(facts),
        "tolerates_reordering": _asked(facts, "tolerates_reordering", True),
        "wants_control": _asked(facts, "wants_control", False),
        "wants_light_payloads": _asked(facts, "wants_light_payloads", False),
        "hint_log": _hint(named, hints.log),
        "hint_metadata": _hint(named, hints.metadata),
        **_state_hints(facts, named | parts, hints),
    }


def _answered_rate(answers: TableAnswers) -> Metrics:
    if answers.hottest_scope_per_minute is None:
        return {}
    told = Evidence(answers.hottest_scope_per_minute, "events/minute", Source.ANSWERED, "the architect's answer")
    return {"hottest_scope_per_minute": told}


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)]


def _hint(words: Collection[str], hints: tuple[str, ...]) -> Evidence:
    found = sorted(set(words) & set(hints))
    detail = f"a name has the word {found[0]}" if found else "no name has such a word"
    return Evidence(bool(found), "yes/no", Source.INFERRED, detail)


def _state_hints(facts: Facts, words: Collection[str], hints: Hints) -> Metrics:
    answer = facts.answers.said.get("disposable")
    metrics = {
        "hint_online": hints.online,
        "hint_active_counter": hints.active_counter,
        "hint_typing": hints.typing,
        "hint_collaboration": hints.collaboration,
    }
    if answer is not None:
        told = "the architect says that the state is " + ("disposable" if answer else "to be kept")
        return {metric: Evidence(answer, "yes/no", Source.ANSWERED, told) for metric in metrics}
    return {metric: _hint(words, wanted) for metric, wanted in metrics.items()}


def _asked(facts: Facts, question: str, default: bool) -> Evidence:
    if question in facts.answers.said:
        return Evidence(facts.answers.said[question], "yes/no", Source.ANSWERED, "the architect's answer")
    return Evidence(default, "yes/no", Source.ASSUMED, "not answered; this is the default")


def _user_facing(facts: Facts) -> Evidence:
    table = facts.table
    if "user_facing" in facts.answers.said:
        return Evidence(facts.answers.said["user_facing"], "yes/no", Source.ANSWERED, "the architect's answer")
    if table.select_roles is None:
        return Evidence(
            None, "yes/no", Source.CATALOG, f"this database has no roles {' and '.join(API_ROLES)} to ask about"
        )
    if table.exposed_by:
        views = ", ".join(map(str, table.exposed_by))
        return Evidence(None, "yes/no", Source.CATALOG, f"users may read it through {views}")
    if not table.select_roles:
        return Evidence(False, "yes/no", Source.CATALOG, "neither anon nor authenticated has SELECT")
    if table.row_security and not reading_policies(table):
        return Evidence(False, "yes/no", Source.CATALOG, "row level security is on and no policy lets users read")
    who = " and ".join(table.select_roles)
    return Evidence(
        True,
        "yes/no",
        Source.CATALOG,
        f"{who} may select" + ("" if table.row_security else "; row level security is off"),
    )


def _of_shape(facts: Facts) -> Metrics:
    table, scope = facts.table, facts.scope
    usable = scope if scope and scope.kind is not ScopeKind.GLOBAL else None
    how = Source.CATALOG if usable is None else usable.source
    why = usable.reason if usable else "no column or foreign key leads to a user or a tenant"
    keyed = [c for c in table.primary_key if _leads_to_user(table, c, facts.principals)]
    return {
        "audience": Evidence(usable.kind.value if usable else None, "kind of scope", how, why),
        "scope_is_own_column": Evidence(
            (not usable.path and len(usable.columns) == 1) if usable else None, "yes/no", how, why
        ),
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


def _leads_to_user(table: Table, column: str, principals: Principals) -> bool:
    return any(fk.columns == (column,) and fk.references in principals.users for fk in table.foreign_keys)


def _of_churn(facts: Facts, matrix: Matrix) -> Metrics:
    churn, rows = facts.churn, facts.table.estimated_rows
    if churn is not None and not churn.events and churn.earlier:
        churn = churn.earlier
    if churn is None or not churn.events:
        nothing = "no counters for this table" if churn is None else "no row changed"
        return {metric: Evidence(None, unit, Source.MEASURED, nothing) for metric, unit in _CHURN_UNITS.items()} | {
            "bulk_burst": _bulk(facts, facts.churn),
            "hottest_scope_per_minute": Evidence(0.0, "events/minute", Source.MEASURED, nothing)
            if churn is not None and churn.basis == "window"
            else Evidence(None, "events/minute", Source.MEASURED, nothing),
        }
    basis = "in the window" if churn.basis == "window" else "since the counters began"
    updates = churn.updates_per_minute
    each = round(updates / rows, 4) if updates is not None and rows else None
    share = "share of row changes"
    return {
        "update_share": Evidence(
            churn.update_share, share, Source.MEASURED, f"{churn.updates} of {churn.events} {basis}"
        ),
        "insert_share": Evidence(
            churn.insert_share, share, Source.MEASURED, f"{churn.inserts} of {churn.events} {basis}"
        ),
        "updates_per_minute_per_row": Evidence(
            each,
            _CHURN_UNITS["updates_per_minute_per_row"],
            Source.MEASURED,
            f"{rows if rows is not None else 'unknown'} rows",
        ),
        "bulk_burst": _bulk(facts, facts.churn),
        "hottest_scope_per_minute": _hottest(facts, churn, matrix),
    }


_CHURN_UNITS: Final = {
    "update_share": "share of row changes",
    "insert_share": "share of row changes",
    "updates_per_minute_per_row": "updates/minute/row",
}


def _bulk(facts: Facts, churn: Churn | None) -> Evidence:
    unit = "row changes between two samples"
    if "bulk_writes" in facts.answers.said:
        answer = facts.answers.said["bulk_writes"]
        return Evidence(float("inf") if answer else 0.0, unit, Source.ANSWERED, "the architect's answer")
    if churn is None or churn.largest_burst is None or churn.peak_per_minute is None:
        return Evidence(None, unit, Source.MEASURED, "no samples within the window")
    mean = churn.events_per_minute or 0.0
    if churn.peak_per_minute < _STANDS_OUT * mean:
        return Evidence(0.0, unit, Source.MEASURED, "no interval stands out from the mean")
    return Evidence(
        float(churn.largest_burst), unit, Source.MEASURED, f"peak {churn.peak_per_minute:g} a minute, mean {mean:g}"
    )


def _hottest(facts: Facts, churn: Churn, matrix: Matrix) -> Evidence:
    """The rate of the busiest scope: the table's rate times the share that its most common key has among the rows."""
    unit, rate = "events/minute", churn.events_per_minute
    if rate is None:
        return Evidence(None, unit, Source.MEASURED, "the counters do not say since when they count")
    share = _top_share(facts)
    if share is None and facts.scope is not None:
        # The whole table's rate bounds every scope's: below all thresholds it settles the question, above it does not.
        bounds = [c.threshold for c in matrix if c.metric == "hottest_scope_per_minute"]
        settles = all(isinstance(bound, int | float) and rate < bound for bound in bounds)
        detail = f"at most {rate:g} a minute, the whole table's; how it spreads over scopes is unknown"
        return Evidence(round(rate, 3) if settles else None, unit, Source.MEASURED, detail)
    if share is None:
        return Evidence(round(rate, 3), unit, Source.MEASURED, "the whole table's: it has no scope")
    return Evidence(
        round(rate * share, 3),
        unit,
        Source.INFERRED,
        f"{rate:g} a minute measured, {share:.3g} of the rows in the hottest scope (pg_stats)",
    )


def _top_share(facts: Facts) -> float | None:
    scope = facts.scope
    if scope is None or len(scope.columns) != 1 or scope.path:
        return None
    return column_top_share(facts.table.column(scope.columns[0]), facts.table.estimated_rows)


def column_top_share(column: Column, rows: int | None) -> float | None:
    """The share of the rows that hold the column's most common value, 0 to 1; None where pg_stats does not tell.

    Without a most common value all are about equally frequent: one part in n_distinct.

    >>> column_top_share(Column("tenant_id", "uuid", n_distinct=4, top_frequency=0.5), 100)
    0.5
    >>> column_top_share(Column("tenant_id", "uuid", n_distinct=-1.0), 50)
    0.02
    """
    if column.top_frequency is not None:
        return column.top_frequency
    if column.n_distinct is None:
        return None
    distinct = column.n_distinct if column.n_distinct > 0 else -column.n_distinct * (rows or 0)
    return 1 / distinct if distinct >= 1 else None


def count_references(catalog: Catalog) -> dict[TableName, int]:
    """How many foreign keys of other tables point to each table."""
    counts: dict[TableName, int] = {}
    for table in catalog:
        for key in table.foreign_keys:
            if key.references != table.name:
                counts[key.references] = counts.get(key.references, 0) + 1
    return counts
