"""A run in the hand, for the bundle's pages: a few tables decided, designed, scripted, and one of them proved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from realtime_advisor.errors import ScriptRefused
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    Advice,
    ByTable,
    Catalog,
    Churn,
    DatabaseChurn,
    Decision,
    Decisions,
    Delivery,
    Evidence,
    Finding,
    Flip,
    Option,
    Proof,
    ProofStatus,
    ScopeRates,
    Source,
    Step,
    TableName,
)
from realtime_advisor.model.proof import Cell
from tests.generation.world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES,
    MESSAGES_DECISION,
    NOTIFICATIONS,
    NOTIFICATIONS_DECISION,
    SERVER,
    TENANTS,
    USER_SCOPE,
    USERS,
    decide,
    make_table,
)

HOSTILE = (
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    '=HYPERLINK("http://evil.example","orders")',
    "{{ 7 * 7 }} {% raw %}",
    "[click](javascript:alert(3)) `code` *bold* | cell",
    "日本語 \u202e отчёт\n# heading",
    "--><svg onload=alert(4)>",
)
FINDINGS = (
    Finding(
        "low_volume",
        Option.POSTGRES_CHANGES,
        "Updates are low volume",
        True,
        Evidence(39.7, "events/minute", Source.INFERRED, "a part of the whole"),
        "<",
        100,
        60.3,
    ),
    Finding(
        "insert_heavy",
        Option.POSTGRES_CHANGES,
        "Updates are INSERT-heavy",
        False,
        Evidence(0.2, "share of row changes", Source.MEASURED, "20 of 100 in the window"),
        ">",
        0.5,
        -0.3,
    ),
    Finding(
        "scoped_audience",
        Option.BROADCAST,
        "You need user-scoped events",
        True,
        Evidence("user", "kind of scope", Source.CATALOG, "the SELECT policies compare it"),
        "in",
        "user, tenant",
    ),
    Finding(
        "poller_saturated",
        Option.BROADCAST,
        "What one poller can check is reached",
        None,
        Evidence(None, "checks/second", Source.ASSUMED, "how many clients listen is not known"),
        ">=",
        16000,
    ),
    Finding(
        "wants_control",
        Option.BROADCAST,
        "You want to control what gets sent",
        False,
        Evidence(False, "yes/no", Source.ASSUMED, "not answered"),
        "is",
        True,
    ),
)
FLIPS = (Flip("hottest_scope_per_minute", 39.7, 100, Option.BROADCAST),)


def rated(per_minute: float, *, source: Source = Source.MEASURED, filtered: str | None = None) -> ScopeRates:
    told = Evidence(per_minute, "events/minute", source, "counted")
    hottest = replace(told, value=per_minute / 10)
    return ScopeRates(told, hottest, hottest, filtered, None if filtered else "No column of it names a scope.")


def found(decision: Decision, per_minute: float = 60) -> Decision:
    questions = ("How many clients listen at the busiest hour?",)
    rates = rated(per_minute)
    return replace(decision, findings=FINDINGS, flips=FLIPS, questions=questions, rates=rates)


def churned(table: TableName, inserts: int, updates: int, deletes: int) -> Churn:
    return Churn(table, 600, inserts, updates, deletes, 0, "window")


PROOF = Proof(
    NOTIFICATIONS,
    ProofStatus.PROVED,
    "2 steps and 6 answers on PostgreSQL 18.0 are as designed.",
    steps=(
        Step("installs", "The script installs.", True, "no error", "no error", seconds=0.123456),
        Step("bulk", "A bulk write sends one message a scope.", None, "2 messages", "no room here", seconds=0.654321),
    ),
    cells=tuple(
        Cell(who, topic, "broadcast", "read", expected, expected)
        for who, topic, expected in (
            ("a member", "user:1:notifications", True),
            ("a member", "user:2:notifications", False),
            ("a stranger", "user:1:notifications", False),
            ("a stranger", "user:2:notifications", False),
            ("anonymous", "user:1:notifications", False),
            ("anonymous", "user:2:notifications", False),
        )
    ),
    deliveries=(Delivery("installs", "user:1:notifications", "notifications_created", '{"table": "notifications"}'),),
    server_version="18.0",
    join_milliseconds=1.2345678,
    seconds=9.87654321,
)


def advise(decisions: Sequence[Decision], churn: Sequence[Churn] = (), catalog: Catalog = CATALOG) -> Advice:
    """The rest of a run for these decisions."""
    designs = {each.table: design(each, catalog) for each in decisions}
    scripts = {}
    for table, made in designs.items():
        with suppress(ScriptRefused):
            scripts[table] = generate(made)
    return Advice(
        SERVER,
        DatabaseChurn({each.table: each for each in churn}, 600, ("The counters were reset.",)),
        "measured",
        Decisions({each.table: each for each in decisions}),
        ByTable(designs),
        ByTable(scripts),
        proofs=ByTable({table: PROOF for table in scripts if table == NOTIFICATIONS}),
    )


def small() -> Advice:
    """Three tables that change and one that does not."""
    decisions = (
        found(NOTIFICATIONS_DECISION),
        found(DOCUMENTS_DECISION, 90),
        found(MESSAGES_DECISION, 205),
        replace(decide(TENANTS, option=Option.NO_REALTIME, because="Users cannot read it."), confidence="low"),
    )
    churn = (
        churned(NOTIFICATIONS, 480, 180, 20),
        churned(DOCUMENTS, 100, 800, 0),
        churned(MESSAGES, 1900, 110, 40),
    )
    return advise(decisions, churn)


def hostile() -> Advice:
    """Tables whose names somebody chose with bad intent, or without thinking."""
    tables = [
        make_table(TableName("public", name), "id uuid, user_id uuid?, title text?", references={"user_id": USERS})
        for name in HOSTILE
    ]
    catalog = Catalog(SERVER, ByTable({table.name: table for table in (*CATALOG, *tables)}))
    decisions = [found(decide(table.name, USER_SCOPE, because=f"Somebody said {table.name}.")) for table in tables]
    return advise(decisions, [churned(table.name, 10, 5, 1) for table in tables], catalog)


def many(count: int) -> Advice:
    """So many tables of one kind, one busier than the other."""
    tables = [
        make_table(f"table_{number}", "id uuid, user_id uuid, title text?", references={"user_id": USERS})
        for number in range(count)
    ]
    catalog = Catalog(SERVER, ByTable({table.name: table for table in (*CATALOG, *tables)}))
    decisions = [found(decide(table.name, USER_SCOPE, because="The audience is one user.")) for table in tables]
    churn = [churned(table.name, number, 5, 1) for number, table in enumerate(tables)]
    return advise(decisions, churn, catalog)
