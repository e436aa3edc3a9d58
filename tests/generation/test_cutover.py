"""The way from what tells of a table today to what was decided loses nothing, and may be gone twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from realtime_advisor.generation.cutover import cut_over, needs_cut_over, withholds_cut_over
from realtime_advisor.generation.design import design
from realtime_advisor.generation.quoting import qualified, quote_ident
from realtime_advisor.model import (
    ByTable,
    Catalog,
    Column,
    Decision,
    Design,
    Option,
    Publication,
    Scope,
    Setup,
    Table,
    TableName,
)
from realtime_advisor.sandbox.postgres import RunningServer

from .conftest import Application, open_application, write
from .world import (
    CATALOG,
    DOCUMENTS,
    DOCUMENTS_DECISION,
    MESSAGES,
    MESSAGES_DECISION,
    SERVER,
    TABLES,
    USER_SCOPE,
    USERS,
    create_table,
    decide,
    make_table,
)

PUBLISHED = """
    select relation.relreplident, exists (
      select from pg_publication_tables where pubname = 'supabase_realtime' and (schemaname, tablename) = ('{0}', '{1}')
    ) from pg_class as relation where relation.oid = '{0}.{1}'::regclass
"""


def published(name: TableName, catalog: Catalog = CATALOG, identity: str = "default", *others: str) -> Catalog:
    table = replace(catalog[name], publications=("supabase_realtime", *others), replica_identity=identity)
    return Catalog(SERVER, ByTable({**{known.name: known for known in catalog}, name: table}))


def state(application: Application, table: str) -> tuple[str, bool]:
    [(identity, is_published)] = application.ask(PUBLISHED.format("public", table))
    return identity, is_published


def statements(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def spoken(text: str) -> str:
    return " ".join(text.replace("--", "").split())


def way_back(text: str) -> str:
    """The statements by which a file's head goes back."""
    return "\n".join(line.removeprefix("--   ") for line in text.splitlines() if line.startswith("--   alter "))


def set_up(all_tables: bool = False, tables: tuple[TableName, ...] = ()) -> Setup:
    made = Publication("supabase_realtime", all_tables=all_tables, tables=tables)
    return Setup((), (), None, None, "logical", ByTable({}), publications=(made,))


def test_a_broadcast_table_leaves_the_publication_after_its_clients(application: Application) -> None:
    application.run("alter publication supabase_realtime add table documents")
    application.run("alter table documents replica identity full")
    text = write(DOCUMENTS_DECISION, published(DOCUMENTS, identity="full")).cutover
    for _ in range(2):
        application.run(text)
        assert state(application, "documents") == ("d", False)


@pytest.mark.parametrize("identity", ["full", "default", "nothing"])
@pytest.mark.parametrize("option", [Option.BROADCAST, Option.NO_REALTIME])
def test_the_head_of_a_cut_over_out_of_the_publication_goes_back(
    embedded: Application, option: Option, identity: str
) -> None:
    embedded.run("alter publication supabase_realtime add table documents")
    embedded.run(f"alter table documents replica identity {identity}")
    before = state(embedded, "documents")
    text = cut_over(design(DOCUMENTS_DECISION, published(DOCUMENTS, identity=identity), option=option))
    embedded.run(text)
    assert state(embedded, "documents") != before
    embedded.run(way_back(text))
    assert state(embedded, "documents") == before
    head = " ".join(text.replace("--", "").split())
    assert ("before the down script or the rollback, which leave" in head) is (option is Option.BROADCAST)


@pytest.mark.parametrize("identity", ["default", "nothing"])
@pytest.mark.parametrize("is_published", [False, True])
def test_the_head_of_a_cut_over_into_the_publication_goes_back(
    embedded: Application, is_published: bool, identity: str
) -> None:
    if is_published:
        embedded.run("alter publication supabase_realtime add table messages")
    embedded.run(f"alter table messages replica identity {identity}")
    publications = ("supabase_realtime",) if is_published else ()
    known = replace(CATALOG[MESSAGES], publications=publications, replica_identity=identity)
    text = cut_over(changes(catalog=Catalog(SERVER, ByTable({**{t.name: t for t in CATALOG}, MESSAGES: known}))))
    embedded.run(text)
    assert state(embedded, "messages") == ("f", True)
    embedded.run(way_back(text))
    assert state(embedded, "messages") == (identity[0], is_published)


def test_a_down_script_says_that_the_cut_over_is_gone_back_before_where_there_is_one() -> None:
    sentence = "Where a cut-over was run, go back by its head first"
    assert sentence in write(DOCUMENTS_DECISION, published(DOCUMENTS)).down
    assert sentence not in write(DOCUMENTS_DECISION).down


def test_an_index_that_was_the_identity_is_to_be_noted_before() -> None:
    known = replace(CATALOG[MESSAGES], replica_identity="index")
    text = cut_over(changes(catalog=Catalog(SERVER, ByTable({**{t.name: t for t in CATALOG}, MESSAGES: known}))))
    assert "replica identity using index <its name>;" in way_back(text)
    assert "note its name before this file is run" in " ".join(text.replace("--", "").split())


def test_a_file_that_leaves_everything_as_it_is_says_that_nothing_is_to_be_undone() -> None:
    text = cut_over(changes(catalog=published(MESSAGES, identity="full")))
    assert "-- To go back, nothing has to be run" in text
    assert way_back(text) == ""


def test_open_subscriptions_stop_the_cut_over_unless_told_to_go_on(embedded: Application) -> None:
    embedded.run("alter publication supabase_realtime add table documents")
    embedded.change(
        "create table realtime.subscription (entity regclass); grant select on realtime.subscription to postgres; "
        "insert into realtime.subscription values ('documents'), ('documents'), ('messages')"
    )
    text = write(DOCUMENTS_DECISION, published(DOCUMENTS)).cutover
    with pytest.raises(psycopg.errors.RaiseException, match="2 subscriptions to Postgres Changes of documents are op"):
        embedded.run(text)
    embedded.run("rollback")
    assert state(embedded, "documents") == ("d", True)
    embedded.run("set realtime_advisor.drop_anyway = on")
    embedded.run(text)
    assert state(embedded, "documents") == ("d", False)


def test_an_identity_that_another_publication_may_need_stays(embedded: Application) -> None:
    embedded.run("alter publication supabase_realtime add table documents; alter table documents replica identity full")
    text = write(DOCUMENTS_DECISION, published(DOCUMENTS, CATALOG, "full", "warehouse")).cutover
    assert "-- The replica identity stays full: warehouse may need it." in text
    embedded.run(text)
    assert state(embedded, "documents") == ("f", False)


def test_a_table_that_is_not_published_needs_no_statement() -> None:
    text = write(DOCUMENTS_DECISION).cutover
    assert "does not send public.documents today" in text
    assert statements(text).strip() == ""
    assert not needs_cut_over(design(DOCUMENTS_DECISION, CATALOG, option=Option.BROADCAST))


@pytest.mark.parametrize("setup", [set_up(all_tables=True), set_up(tables=(MESSAGES,))])
def test_a_table_published_with_all_others_cannot_be_dropped_singly_and_the_text_says_so(setup: Setup) -> None:
    made = design(DOCUMENTS_DECISION, published(DOCUMENTS), setup=setup)
    assert "none of them can be dropped singly" in spoken(cut_over(made))
    assert statements(cut_over(made)).strip() == ""


@pytest.mark.parametrize("kind", ["for all tables", "for tables in schema public"])
def test_where_the_set_up_was_not_read_the_script_says_it_when_run(application: Application, kind: str) -> None:
    if "schema" in kind and application.admin.info.server_version < 150000:
        kind = "for all tables"  # publications of schemas came with PostgreSQL 15
    application.change(f"drop publication supabase_realtime; create publication supabase_realtime {kind}")
    application.change("alter publication supabase_realtime owner to postgres")
    with pytest.raises(psycopg.errors.RaiseException, match="documents is in supabase_realtime with all tables"):
        application.run(write(DOCUMENTS_DECISION, published(DOCUMENTS)).cutover)


def changes(decision: Decision = MESSAGES_DECISION, catalog: Catalog = CATALOG) -> Design:
    return design(decision, catalog, option=Option.POSTGRES_CHANGES)


def test_postgres_changes_gets_its_publication_and_its_identity(application: Application) -> None:
    text = cut_over(changes())
    assert "subscribe to INSERT, UPDATE, DELETE with the filter thread_id=eq.<id>" in text
    for _ in range(2):
        application.run(text)
        assert state(application, "messages") == ("f", True)


def test_the_identity_is_left_alone_where_deletes_do_not_matter(embedded: Application) -> None:
    made = design(MESSAGES_DECISION, CATALOG, operations=["insert", "update"])
    embedded.run(cut_over(made))
    assert state(embedded, "messages") == ("d", True)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("alter table messages disable row level security", "messages has no row level security: every subscriber"),
        ("drop policy everything on messages", "messages has no policy for select"),
        ("alter policy everything on messages to service_role", "messages has no policy for select"),
        ("alter table messages drop constraint messages_pkey", "messages has no primary key"),
        ("alter table messages set unlogged", "messages is unlogged or temporary: its changes are not in the WAL"),
        ("drop publication supabase_realtime", "there is no publication supabase_realtime"),
        ("drop table messages", "the table public.messages does not exist"),
    ],
)
def test_nothing_is_published_that_nobody_or_everybody_would_be_sent(
    embedded: Application, spoil: str, sentence: str
) -> None:
    embedded.run(spoil)
    with pytest.raises(psycopg.errors.RaiseException, match=sentence):
        embedded.run(cut_over(changes()))


@pytest.mark.parametrize(
    "warning", ["DELETE ignores row level security", "moves a row to another scope", "TRUNCATE sends", "SUBSCRIBED"]
)
def test_what_postgres_changes_does_not_do_is_said(warning: str) -> None:
    assert warning in cut_over(changes())


def test_a_table_without_realtime_leaves_the_publication(embedded: Application) -> None:
    embedded.run("alter publication supabase_realtime add table documents")
    made = design(decide(DOCUMENTS, option=Option.NO_REALTIME), published(DOCUMENTS))
    assert needs_cut_over(made)
    embedded.run(cut_over(made))
    assert state(embedded, "documents") == ("d", False)


def test_a_table_that_is_silent_for_want_of_an_answer_stays_in_the_publication() -> None:
    decision = replace(decide(DOCUMENTS, option=Option.NO_REALTIME), confidence="low", questions=("Who belongs?",))
    made = design(decision, published(DOCUMENTS))
    assert (needs_cut_over(made), withholds_cut_over(made)) == (False, True)
    assert statements(cut_over(made)).strip() == ""
    assert "stays in supabase_realtime: it is no realtime only for want of an answer" in spoken(cut_over(made))
    assert not withholds_cut_over(design(decision, CATALOG))
    for certain in (
        design(decision, published(DOCUMENTS), option=Option.NO_REALTIME),
        design(replace(decision, override="never shown"), published(DOCUMENTS)),
        design(replace(decision, confidence="medium"), published(DOCUMENTS)),
    ):
        assert (needs_cut_over(certain), withholds_cut_over(certain)) == (True, False)


HOSTILE = TableName('sa"les; $cutover$', 'order\n"; drop table users; --\\ $cutover$')


@pytest.fixture
def hostile(server: RunningServer) -> Iterator[tuple[Application, Table]]:
    table = make_table(HOSTILE, [Column("id", "uuid", not_null=True), Column("user_id", "uuid")])
    for application in open_application(server, " ".join(map(create_table, TABLES))):
        application.run(f"create schema {quote_ident(HOSTILE.schema)}; {create_table(table)}")
        yield application, table


def test_names_of_any_spelling_are_published_and_dropped(hostile: tuple[Application, Table]) -> None:
    application, table = hostile
    catalog = Catalog(SERVER, ByTable({USERS: CATALOG[USERS], HOSTILE: table}))
    scope: Scope = USER_SCOPE
    is_published = (
        "select relreplident, exists (select from pg_publication_rel where prrelid = c.oid) from pg_class as c "
        "where relname like 'order%' and relkind = 'r'"
    )
    application.run(cut_over(design(decide(HOSTILE, scope, option=Option.POSTGRES_CHANGES), catalog)))
    assert application.ask(is_published) == [("f", True)]
    text = cut_over(design(decide(HOSTILE, scope), published(HOSTILE, catalog, "full")))
    application.run(text)
    assert application.ask(is_published) == [("d", False)]
    application.run(way_back(text))
    assert application.ask(is_published) == [("f", True)]
    assert application.ask(f"select count(*) from users, {qualified(HOSTILE)}") == [(0,)]


def test_a_partitioned_table_is_published_under_its_own_name(embedded: Application) -> None:
    embedded.run(
        "create table events (id uuid, tenant_id uuid, primary key (id, tenant_id)) partition by hash (tenant_id); "
        "create table events_0 partition of events for values with (modulus 1, remainder 0); "
        "alter table events enable row level security; create policy p on events using (true)"
    )
    table = make_table("events", "id uuid, tenant_id uuid", key=("id", "tenant_id"))
    catalog = Catalog(SERVER, ByTable({table.name: table}))
    for _ in range(2):
        embedded.run(cut_over(changes(decide(table.name), catalog)))
        assert embedded.ask(
            "select tablename::text from pg_publication_tables where pubname = 'supabase_realtime'"
        ) == [("events_0",)]
    for _ in range(2):
        embedded.run(cut_over(design(decide(table.name, option=Option.NO_REALTIME), published(table.name, catalog))))
        assert embedded.ask("select from pg_publication_tables where pubname = 'supabase_realtime'") == []
