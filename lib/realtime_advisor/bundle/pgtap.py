"""A table's test in pgTAP, in the layout of `supabase test db`: what is installed, what writes send, who may join."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from realtime_advisor.generation.policies import entitlement_name
from realtime_advisor.generation.quoting import qualified, quote_ident, quote_literal
from realtime_advisor.generation.rendering import Fragment, Remark, Value, fragment, identifiers, joined, render
from realtime_advisor.generation.undoing import signature
from realtime_advisor.generation.watching import SCHEMA, watched_tables
from realtime_advisor.model import Catalog, Design
from realtime_advisor.proof.entitled import Row
from realtime_advisor.proof.skeleton import told_on

from .prepared import Inserted
from .rehearsal import Question, Rehearsal, rehearse

_DOING: Final = {
    ("broadcast", "read"): "listen to",
    ("broadcast", "write"): "send on",
    ("presence", "read"): "see who is on",
    ("presence", "write"): "be seen on",
}


def render_test(design: Design, catalog: Catalog) -> str:
    """The text of one table's test file, each byte the same for the same design and catalogue."""
    rehearsal = rehearse(design, catalog)
    functions, triggers = list(_functions(design)), list(_triggers(design))
    writes, questions = list(_writes(rehearsal, catalog)), [_joins(question) for question in rehearsal.questions]
    count = 2 * len(functions) + len(triggers) + len(writes) + len(questions)
    return render(
        "pgtap/frame",
        {
            "head": _head(design),
            "table": design.table.name,
            "count": Fragment(str(count)),
            "installed": joined([*functions, *triggers], "\n\n"),
            "rows": _rows(rehearsal.there, catalog),
            "writes": joined(writes, "\n\n")
            if writes
            else Fragment("-- The table has no triggers, and sends nothing."),
            "questions": joined(questions, "\n"),
        },
    )


def _head(design: Design) -> Remark:
    return Remark(
        (
            f"{design.table}: whether what was decided is installed and does what it should, in pgTAP.",
            "Run it with supabase test db, or with pg_prove as the role postgres, on a local or staging database: it "
            "writes rows, and rolls all of it back.",
        )
    )


# ---------------------------------------------------------------- what is installed


def _functions(design: Design) -> Iterator[Fragment]:
    helpers = dict.fromkeys(entitlement_name(emission) for emission in told_on(design))
    yield from (_function(name, ("text", "text")) for name in helpers)
    if design.emissions:
        yield from (_function(table.function, ()) for table in watched_tables(design))


def _function(name: str, arguments: Sequence[str]) -> Fragment:
    shown = f"{SCHEMA}.{name}({', '.join(arguments)})"
    values: dict[str, Value] = {
        "function": name,
        "arguments": _array(arguments),
        "exists": f"{shown} is there",
        "signature": f"{SCHEMA}.{quote_ident(name)}({', '.join(arguments)})",
        "closed": f"{shown} runs with its owner's rights and an empty search_path",
    }
    return fragment("pgtap/function", values)


def _triggers(design: Design) -> Iterator[Fragment]:
    for table in watched_tables(design) if design.emissions else ():
        for _, name in table.triggers:
            values: dict[str, Value] = {
                "table": str(table.table),
                "trigger": name,
                "signature": signature(table),
                "what": f"{name} on {table.table} calls {table.function}() and is enabled",
            }
            yield fragment("pgtap/trigger", values)


# ---------------------------------------------------------------- rows and writes


def _rows(there: Sequence[Inserted], catalog: Catalog) -> Fragment:
    if not there:
        return Fragment("-- No rows have to be there first.")
    inserts = [f"{_insert(one, catalog).text}\non conflict do nothing;" for one in there]
    return fragment("pgtap/rows", {"inserts": Fragment("\n".join(inserts))})


def _insert(one: Inserted, catalog: Catalog) -> Fragment:
    values: dict[str, Value] = {
        "table": Fragment(qualified(one.table)),
        "columns": identifiers(one.row),
        "overriding": Fragment("overriding system value\n" if _has_identity(one, catalog) else ""),
        "values": Fragment(", ".join(_literal(text) for text in one.row.values())),
    }
    return fragment("pgtap/insert", values)


def _has_identity(one: Inserted, catalog: Catalog) -> bool:
    """Whether a value may be meant for an identity column, which takes none without being told to."""
    columns = catalog[one.table].columns if one.table in catalog.tables else ()
    return any(c.name in one.row and c.has_default and c.type in ("bigint", "integer", "smallint") for c in columns)


def _writes(rehearsal: Rehearsal, catalog: Catalog) -> Iterator[Fragment]:
    """An insert, an update of a watched column, a delete, in this order and of one row."""
    if not rehearsal.told:
        return
    own, changed = rehearsal.design.table, rehearsal.changed
    table, where = qualified(own), _equals(rehearsal.key, " and ")
    yield _sends(rehearsal, "insert", "an inserted row", _insert(Inserted(own, rehearsal.row), catalog).text)
    if changed:
        first, then = (
            f"update {table}\nset {_equals({changed.column: text}, ', ')}\nwhere {where}"
            for text in (changed.before, changed.after)
        )
        yield _sends(rehearsal, "update", f"an update of {changed.column}", then, first)
    yield _sends(rehearsal, "delete", "a deleted row", f"delete from {table}\nwhere {where}")


def _sends(rehearsal: Rehearsal, operation: str, subject: str, statement: str, first: str = "") -> Fragment:
    told = rehearsal.told[operation]
    wanted = [f"{topic} {event}" for topic, event in sorted(told)]
    values: dict[str, Value] = {
        "first": Fragment(first),
        "statement": Fragment(statement),
        "wanted": _array(wanted),
        "what": f"{subject} is told on {' and '.join(topic for topic, _ in told)}"
        if told
        else f"{subject} tells nobody",
    }
    return fragment("pgtap/sends", values)


def _equals(row: Row, separator: str) -> str:
    return separator.join(f"{quote_ident(name)} = {_literal(text)}" for name, text in row.items())


def _literal(text: str | None) -> str:
    return "null" if text is None else quote_literal(text)


def _array(texts: Sequence[str]) -> Fragment:
    return Fragment(f"array[{', '.join(map(quote_literal, texts))}]::text[]")


# ---------------------------------------------------------------- who may join


def _joins(question: Question) -> Fragment:
    claims = {"role": "anon"} if question.sub is None else {"role": "authenticated", "sub": question.sub}
    doing = _DOING[question.extension, question.action]
    values: dict[str, Value] = {
        "claims": json.dumps(claims, ensure_ascii=False),
        "action": question.action,
        "extension": question.extension,
        "topic": question.topic,
        "wanted": "allowed" if question.allowed else "refused",
        "what": f"{question.who} {'may' if question.allowed else 'may not'} {doing} {question.topic}",
    }
    return fragment("pgtap/joins", values)
