"""The audit as a table: what each row says, and that much of the same stays readable."""

from __future__ import annotations

import time
from dataclasses import replace

from realtime_advisor.display.show import show
from realtime_advisor.display.views import Sheet, Stack
from realtime_advisor.model import (
    Audit,
    AuditFinding,
    ByTable,
    Catalog,
    Policy,
    Setup,
    Table,
    TableName,
    Trigger,
)

from .world import catalog, named, owned

SETUP = Setup((), (), None, None, "logical", ByTable({}))


def finding(table: str | None, severity: str = "warning", rule: str = "r", sql: str = "") -> AuditFinding:
    return AuditFinding(rule, severity, named(table) if table else None, f"Something of {table}.", "Mend it:", sql)


def audited(*findings: AuditFinding, setup: Setup = SETUP, tables: Catalog | None = None) -> Audit:
    return Audit(findings, setup, tables or catalog(owned("a")))


def rows(view: object) -> list[list[str]]:
    assert isinstance(view, Sheet)
    return [[str(cell) for cell in row] for row in view.rows]


def test_findings_are_shown_worst_first_with_their_remedy() -> None:
    told = (finding("a", sql="drop table a;"), finding(None, "danger", "s"), finding("app.b", "note", "t"))
    view = show(told)
    assert rows(view) == [
        ["✖ danger", "(database)", "Something of None.", "Mend it:"],
        ["! warning", "a", "Something of a.", "Mend it: drop table a;"],
        ["· note", "app.b", "Something of app.b.", "Mend it:"],
    ]
    assert view.text.startswith("1 danger, 1 warning and 1 note; the worst: Something of None.\n")


def test_an_audit_counts_and_finds_by_table() -> None:
    audit = audited(finding("a", "danger"), finding("a"), finding("b"), finding(None))
    assert [audit.count(severity) for severity in ("danger", "warning", "note")] == [1, 3, 0]
    assert audit.of("public.a") == audit.of(named("a")) == audit.findings[:2]
    assert repr(audit) == "Audit(danger 1, warning 3, note 0)"
    assert len(audit) == 4


def test_five_thousand_of_a_kind_are_told_once() -> None:
    many = tuple(finding(f"t{number:04}") for number in range(5000))
    assert rows(show((*many, finding("z", "note", "s")))) == [
        ["! warning", "t0000", "Something of t0000.", "Mend it:"],
        [
            "! warning",
            "t0001, t0002, t0003 and 4996 more",
            "The same of 4,999 more tables.",
            "audit.of(table) tells each.",
        ],
        ["· note", "z", "Something of z.", "Mend it:"],
    ]


def test_a_sound_database_is_said_to_be_one() -> None:
    view = show(audited())
    assert isinstance(view, Stack)
    assert view.text == "The audit found nothing to mend.\n\nNo table is published, and no trigger tells anybody."


def test_tables_that_speak_are_listed_with_who_hears_them() -> None:
    policy = Policy("p", "select", True, ("authenticated",), "true")
    sent = Table(
        named("sent"),
        primary_key=("id",),
        row_security=True,
        policies=(policy,),
        select_roles=("anon", "authenticated"),
        publications=("supabase_realtime",),
    )
    full = Table(TableName("app", "full"), replica_identity="full", publications=("other",))
    tells = Trigger("t", named("a"), ("insert",), True, "f", ("pg_notify", "realtime.send"))
    silent = Trigger("t", named("b"), ("insert",), True, "f")
    setup = Setup((tells, silent), (), None, None, "logical", ByTable({}))
    view = show(audited(setup=setup, tables=catalog(sent, full, owned("a"), owned("b"))))
    assert isinstance(view, Stack)
    assert rows(view.views[1]) == [
        ["app.full", "other", "full", "unknown", "off", "–"],
        ["a", "–", "id", "authenticated", "0 policies", "pg_notify and realtime.send"],
        ["sent", "supabase_realtime", "id", "anon and authenticated", "1 policy", "–"],
    ]
    assert "3 tables speak today:" in view.text


def test_five_thousand_tables_with_the_same_fault_are_shown_small() -> None:
    tables = [replace(owned(f"t{number}"), publications=("supabase_realtime",)) for number in range(5_000)]
    told = [finding(str(each.name), rule=rule) for rule in ("r", "s", "t") for each in tables]
    began = time.process_time()
    view = show(audited(*told, tables=catalog(*tables)))
    assert time.process_time() - began < 2
    assert "The same of 4,999 more tables." in view.text
    assert len(view.html) < 60_000


def test_names_with_markup_are_escaped_in_html() -> None:
    html = show((finding("a<script>"),)).html
    assert "<script>" not in html
    assert "a&lt;script&gt;" in html
