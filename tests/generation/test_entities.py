"""No two kinds of message share a topic: not a table's and Presence, a feed's and a table's, nor two tables'."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.design import design
from realtime_advisor.generation.whole import generate_all
from realtime_advisor.model import ByTable, Catalog, Design, Feed, Option, Table, TableName
from realtime_advisor.sandbox.postgres import RunningServer
from realtime_advisor.sandbox.realtime import apply_policies

from .conftest import Application
from .people import ANN, BOB, RED
from .shapes import application_with, with_table
from .test_install import faults
from .test_presence import BOTH, NEITHER
from .world import (
    DOCUMENTS,
    DOCUMENTS_DECISION,
    SERVER,
    TABLES,
    TENANT_SCOPE,
    TENANTS,
    create_table,
    decide,
    make_table,
    public,
)


def of_tenant(name: str | TableName) -> Table:
    return make_table(name, "id bigint, tenant_id uuid?, title text", references={"tenant_id": TENANTS})


PRESENCE = of_tenant("presence")
CATALOG = with_table(PRESENCE)
IN_BOTH_WAYS = (
    design(decide(PRESENCE.name, TENANT_SCOPE), CATALOG),
    design(decide(DOCUMENTS, TENANT_SCOPE, option=Option.PRESENCE), CATALOG),
)


@pytest.fixture
def tracked(server: RunningServer) -> Iterator[Application]:
    yield from application_with(server, create_table(PRESENCE))


def topics(made: Design) -> list[str]:
    return [emission.topic for emission in (*made.emissions, *filter(None, [made.presence]))]


def test_a_table_called_presence_does_not_speak_where_clients_track_and_says_so() -> None:
    spoken, tracked_on = IN_BOTH_WAYS
    assert topics(spoken) == ["tenant:<id>:public.presence"]
    assert topics(tracked_on) == ["tenant:<id>:presence"]
    assert (
        "Its topic says public.presence, for that of presence is taken: clients track Presence there." in spoken.reasons
    )


def test_the_client_joins_the_two_topics_as_the_designs_spell_them() -> None:
    spoken, tracked_on = ({**generate_client(made)} for made in IN_BOTH_WAYS)
    assert "':public.presence'" in spoken["presenceBroadcast.ts"]
    assert "':presence'" in tracked_on["documentsPresence.ts"]


def test_triggers_policies_and_check_agree_on_the_two_topics(tracked: Application) -> None:
    made = generate_all(IN_BOTH_WAYS)
    tracked.run(made.functions)
    tracked.run(made.triggers)
    apply_policies(tracked.admin, made.policies)
    assert faults(tracked, made.check) == []
    tracked.run(f"insert into presence (id, tenant_id, title) values (1, '{RED}', 'a')")
    [spoken] = tracked.topics()
    assert spoken == f"tenant:{RED}:public.presence"
    assert [tracked.may_join(spoken, person) for person in (ANN, BOB)] == [True, False]
    assert [tracked.access(f"tenant:{RED}:presence", person) for person in (ANN, BOB)] == [BOTH, NEITHER]
    assert not tracked.access(spoken, ANN).presence_write


def test_a_feed_cannot_be_called_presence() -> None:
    with pytest.raises(BadInput, match=r"^The feed presence would speak on the topic on which Presence is tracked"):
        design(DOCUMENTS_DECISION, CATALOG, feeds=[Feed("presence", "changed", (DOCUMENTS,))])


def test_a_table_that_is_called_as_a_feed_of_its_tenant_does_not_speak_there() -> None:
    feed = Feed("documents", "counts_changed", (PRESENCE.name,))
    fed, own = (design(decide(name, TENANT_SCOPE), CATALOG, feeds=[feed]) for name in (PRESENCE.name, DOCUMENTS))
    assert topics(fed) == ["tenant:<id>:documents"]
    assert topics(own) == ["tenant:<id>:public.documents"]
    assert any("the feed documents speaks there" in reason for reason in own.reasons)


NAMES = (
    public("items"),
    TableName("a", "items"),
    TableName("b", "items"),
    public("a.items"),
    TableName("public.a", "items"),
    public("public.a.items"),
    TableName("a", "presence"),
    public("a.presence"),
    public("presence"),
    public("public.presence"),
)


@pytest.mark.parametrize("reverse", [False, True])
def test_tables_of_whatever_schema_and_name_have_topics_and_events_of_their_own(reverse: bool) -> None:
    tables = [*TABLES, *map(of_tenant, NAMES)]
    catalog = Catalog(SERVER, ByTable({made.name: made for made in (reversed(tables) if reverse else tables)}))
    made = [design(decide(name, TENANT_SCOPE), catalog).emissions[0] for name in NAMES]
    for one, other in permutations(made, 2):
        assert one.topic != other.topic
        assert one.event != other.event
    assert "tenant:<id>:presence" not in {emission.topic for emission in made}
