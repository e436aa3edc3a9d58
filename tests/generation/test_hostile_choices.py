"""Names and ids of any spelling in what the architect may choose: columns in a payload, whole rows, other patterns."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from realtime_advisor.errors import BadInput
from realtime_advisor.generation.naming import encode_id
from realtime_advisor.generation.quoting import quote_ident
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import ByTable, Catalog, Column, Entitlement, Scope, ScopeKind, TableName
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application, Choices, plan
from .odd_names import ids, names
from .test_hostile import OBJECTS, victim
from .world import SERVER, create_table, decide, make_table

__all__ = ["victim"]

MEMBERS = TableName("public", "their readers")
CHOICES: dict[str, Choices] = {
    "columns": {"granularity": "statement", "clients_send": True},
    "set-based": {"granularity": "statement, set-based"},
    "rows": {"granularity": "row"},
    "patterns": {"topic": "it:{entity}:{id}:{scope}", "event": "{action}:{entity}"},
}


def build(table: str, columns: tuple[str, str, str], label: str) -> tuple[TableName, Catalog, Scope]:
    """A table of a key, a scope and a watched column, and the members of the scope."""
    key, link, watched = columns
    name = TableName("public", table)
    made = make_table(name, [Column(key, "text", not_null=True), Column(link, "text"), Column(watched, "text")], (key,))
    members = make_table(MEMBERS, "tenant text, member text", key=())
    entitlement = Entitlement("membership", "text", MEMBERS, ("tenant",), "member")
    scope = Scope(ScopeKind.TENANT, label, None, (link,), "text", entitlement=entitlement)
    return name, Catalog(SERVER, ByTable({each.name: each for each in (made, members)})), scope


@pytest.mark.parametrize("chosen", CHOICES)
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=names, columns=st.lists(names, min_size=3, max_size=3, unique=True), label=names, key=ids, user=ids)
@example(
    table="victim; drop table victim; --",
    columns=["$function$", "it's; drop table victim; --", "\n"],
    label="<id>",
    key="%",
    user="'",
)
@example(table="$function$", columns=['"; --', "$$", "new"], label="'", key="<id>:'", user="\\")
@example(table="a:b", columns=["carried", "told", "old_id"], label="{entity}", key="a:b", user="{id}")
def test_names_and_ids_of_any_spelling_reach_their_topic(
    victim: Application, chosen: str, table: str, columns: list[str], label: str, key: str, user: str
) -> None:
    own_key, link, watched = columns
    name, catalog, scope = build(table, (own_key, link, watched), label)
    assume(len(catalog) == 2 and table != "victim")
    choices = CHOICES[chosen].copy()
    if chosen in ("columns", "set-based"):
        choices["columns"] = [watched, link]
    try:
        design = plan(decide(name, scope), catalog, **choices)
    except BadInput:
        assume(False)  # a name that looks like a secret's, or has a line break and is to be sent in a row
    script, before = generate(design), victim.ask(OBJECTS)
    for made in catalog:
        victim.run(create_table(made))
    try:
        victim.install(script)
        victim.install(script)
        topic = design.emissions[0].topic.replace("<id>", encode_id(key))
        victim.owner.execute('insert into "their readers" values (%s, %s)', (key, user))
        relation = f"public.{quote_ident(table)}".replace("%", "%%")
        victim.owner.execute(f"insert into {relation} values ('r', %s, 'one')".encode(), (key,))
        [(sent, event, payload)] = victim.messages()
        assert (sent, event) == (topic, design.emissions[0].event.replace("<action>", "created"))
        if chosen != "patterns":
            assert payload["record"][watched] == "one"
            assert payload["record"][link] == key
        assert victim.may_join(topic, user)
        assert victim.access(topic, user).broadcast_write is (chosen == "columns")
        assert not victim.may_join(topic, user + "x")
        assert not victim.may_join(topic + "x", user)
        assert [row for row in victim.ask(script.check) if not row[1]] == []
        apply_policies(victim.admin, script.down)
    finally:
        for made in catalog:
            victim.run(f"drop table public.{quote_ident(made.name.name)}")
    assert victim.ask(OBJECTS) == before
    assert victim.warnings == []


def test_the_server_is_the_embedded_one(server: RunningServer, victim: Application) -> None:
    assert victim.server is server
