"""What the architect says of a table: read, checked against what can be said, and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from realtime_advisor.errors import BadInput, UnknownTable
from realtime_advisor.model import ByTable, Catalog, Option, TableName

QUESTIONS: Final = {
    "user_facing": "whether users see the table's rows",
    "tolerates_reordering": "whether its screens bear events twice or out of order",
    "wants_control": "whether to choose which changes are told",
    "wants_light_payloads": "whether to send a signal only, not the row",
    "bulk_writes": "whether a job writes thousands of rows at once",
    "disposable": "whether its state may be lost, as who is online may",
    "hears_hidden_rows": "whether listeners may hear that a row changed which a condition on the row hides from them",
}
RATE: Final = "hottest_scope_per_minute"
SETTINGS: Final = {
    RATE: "row changes a minute in the busiest scope",
    "option": "the option, against the evidence",
    "scope": "the scope column",
    "reason": "why",
}

Answers = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class TableAnswers:
    """The answers for one table: yes or no by question, and what overrides the engine."""

    said: Mapping[str, bool] = field(default_factory=dict)
    option: Option | None = None
    scope: str | None = None
    reason: str = ""
    hottest_scope_per_minute: float | None = None


def read_answers(answers: Answers | None, catalog: Catalog) -> ByTable[TableAnswers]:
    """The answers by table. Raises UnknownTable or BadInput, naming what can be said."""
    return ByTable({_table(name, catalog): _read(name, given, catalog) for name, given in (answers or {}).items()})


def _table(name: str, catalog: Catalog) -> TableName:
    try:
        return catalog[name].name
    except (KeyError, ValueError):
        raise UnknownTable(
            f"The answers name {name}, which the database does not have. Check its schema and spelling."
        ) from None


def _read(name: str, given: Mapping[str, object], catalog: Catalog) -> TableAnswers:
    said: dict[str, bool] = {}
    for key, value in given.items():
        if key not in QUESTIONS and key not in SETTINGS:
            raise BadInput(
                f"The answer {key!r} for {name} is not known. Known are {', '.join([*QUESTIONS, *SETTINGS])}."
            )
        if key in QUESTIONS:
            if not isinstance(value, bool):
                raise BadInput(f"The answer {key!r} for {name} is {value!r}; it says {QUESTIONS[key]}: true or false.")
            said[key] = value
    scope = given.get("scope")
    if scope is not None and scope not in {column.name for column in catalog[name].columns}:
        raise BadInput(
            f"The scope {scope!r} for {name} is no column of it. Name the column that holds the scope's key."
        )
    rate = given.get(RATE)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int | float) or not rate >= 0):
        raise BadInput(f"The answer {RATE!r} for {name} is {rate!r}; it says {SETTINGS[RATE]}: a number, 0 or more.")
    return TableAnswers(
        said,
        _option(name, given),
        scope if isinstance(scope, str) else None,
        str(given.get("reason", "")),
        None if rate is None else float(rate),
    )


def _option(name: str, given: Mapping[str, object]) -> Option | None:
    if "option" not in given:
        return None
    try:
        return Option(str(given["option"]))
    except ValueError:
        known = ", ".join(option.value for option in Option)
        raise BadInput(f"The option {given['option']!r} for {name} is not known. Options are {known}.") from None
