"""Events per user, not per table: the average and the hottest scope's rate, and the filter that selects one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.decision.answer import TableAnswers
from realtime_advisor.decision.decide import decide
from realtime_advisor.decision.rates import measure_rates
from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.generation.design import design
from realtime_advisor.model import (
    Catalog,
    Churn,
    DatabaseChurn,
    Decision,
    Evidence,
    ForeignKey,
    ScopeKind,
    ScopeRates,
    ScopeRows,
    Server,
    Source,
    Table,
    TableName,
    TableWal,
)
from realtime_advisor.reference import load_matrix

from .world import MEMBERS, ROOMS, SERVER, catalog, churn, outside_supabase, reads, table

THROUGH_ROOM = ("posts.room_id", "rooms.id", "rooms.team_id", *MEMBERS)
POSTS = table("posts", "id room_id", refers={"room_id": "rooms"}, policies=[reads(*THROUGH_ROOM)])


def spread(
    holder: Table, column: str, distinct: float | None = None, top: float | None = None, null: float = 0.0
) -> Table:
    """The table with pg_stats of one column."""
    columns = tuple(
        replace(c, n_distinct=distinct, top_frequency=top, null_fraction=null) if c.name == column else c
        for c in holder.columns
    )
    return replace(holder, columns=columns)


def decided(world: Catalog, observed: DatabaseChurn, **answers: object) -> Decision:
    (changed,) = observed
    return decide(world, observed, {str(changed): answers} if answers else None)[changed]


def rates(world: Catalog, observed: DatabaseChurn, **answers: object) -> ScopeRates:
    found = decided(world, observed, **answers).rates
    assert found is not None
    return found


def values(found: ScopeRates) -> tuple[object, object, object]:
    return found.table_per_minute.value, found.average_per_minute.value, found.hottest_per_minute.value


def with_wal(
    observed: DatabaseChurn, *scopes: ScopeRows, inserts: int = 0, seconds: float = 60, largest: int = 1
) -> DatabaseChurn:
    """The same churn with a reading of the WAL."""
    ((table_name, entry),) = observed.items()
    wal = TableWal(table_name, inserts, 0, 0, 0, 1, largest, 0, scopes)
    return DatabaseChurn({table_name: replace(entry, wal=wal, wal_seconds=seconds)}, observed.seconds)


def test_the_tables_rate_is_split_by_how_its_rows_are_spread() -> None:
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.4)), churn("posts", inserts=50))
    assert values(found) == (50, 2.5, 20)
    assert found.hottest_per_minute.source is Source.INFERRED
    assert (
        found.hottest_per_minute.detail
        == "50 a minute measured, 0.4 of the rows in the hottest scope (pg_stats); "
        + ("50 row changes on 100 stored rows, so today's writes may be spread otherwise")
    )


def test_rows_without_a_scope_belong_to_nobody() -> None:
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.1, null=0.5)), churn("posts", inserts=80))
    assert values(found) == (80, 2, 8)


def test_without_a_most_common_value_all_scopes_are_alike() -> None:
    assert values(rates(catalog(spread(POSTS, "room_id", 20)), churn("posts", inserts=80))) == (80, 4, 4)
    assert values(rates(catalog(spread(POSTS, "room_id", 20, null=0.5)), churn("posts", inserts=80))) == (80, 2, 2)
    assert values(rates(catalog(spread(POSTS, "room_id", -0.2)), churn("posts", inserts=80))) == (80, 4, 4)


def test_a_unique_key_needs_no_statistics() -> None:
    found = rates(catalog(), churn("teams", deletes=300))
    assert values(found) == (300, 3, 3), "each of the hundred rows is a team"


def test_which_rows_of_a_unique_key_are_updated_is_unknown() -> None:
    found = rates(catalog(), churn("teams", updates=300))
    assert values(found) == (300, 3, None)
    assert "each row has id of its own, so which are updated is unknown" in found.hottest_per_minute.detail
    calm = rates(catalog(), churn("teams", updates=10))
    assert values(calm) == (10, 0.1, 10), "at most the whole table's"


def test_updates_of_a_key_that_several_rows_share_may_favour_some_of_them() -> None:
    shared = spread(POSTS, "room_id", 20, 0.4)
    many = rates(catalog(shared), churn("posts", updates=300))
    assert "updates may favour some" not in many.hottest_per_minute.detail
    calm = rates(catalog(shared), churn("posts", updates=10))
    assert "those are stored rows, and updates may favour some of them" in calm.hottest_per_minute.detail


def test_few_inserts_into_many_rows_need_no_caution() -> None:
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.4)), churn("posts", inserts=20))
    assert found.hottest_per_minute.detail.endswith("in the hottest scope (pg_stats)")


def test_the_wal_is_exact_and_goes_before_statistics() -> None:
    observed = with_wal(churn("posts", inserts=50), ScopeRows("room_id", 30, 6, 12), inserts=30, seconds=30)
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.9)), observed)
    assert values(found) == (60, 10, 24)
    assert {found.hottest_per_minute.source, found.average_per_minute.source} == {Source.MEASURED}
    assert "exact: 12 of 30 committed row changes have the busiest room_id (WAL)" in found.hottest_per_minute.detail


def test_row_changes_that_tell_no_scope_are_said() -> None:
    observed = with_wal(churn("posts", inserts=50), ScopeRows("room_id", 20, 5, 10), inserts=50)
    found = rates(catalog(POSTS), observed)
    assert values(found) == (50, 4, 10)
    assert found.hottest_per_minute.detail.endswith("; 30 more tell no room_id")


def test_counters_that_disagree_with_the_wal_are_said() -> None:
    scopes = ScopeRows("room_id", 10, 5, 4)
    agree = rates(catalog(POSTS), with_wal(churn("posts", inserts=20), scopes, inserts=10))
    assert "the counters say" not in agree.table_per_minute.detail
    differ = rates(catalog(POSTS), with_wal(churn("posts", inserts=21), scopes, inserts=10))
    assert differ.table_per_minute.detail.endswith("; the counters say 21 a minute, over their own window")


def test_a_wal_without_changes_of_the_table_leaves_it_to_the_counters() -> None:
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.4)), with_wal(churn("posts", inserts=50)))
    assert values(found) == (50, 2.5, 20)


def behind_room(room_top: float | None, team_top: float | None, null: float = 0.0) -> Catalog:
    """Posts in rooms of teams, with the hottest room's share of the posts and the hottest team's share of the rooms."""
    posts = spread(replace(POSTS, policies=(), row_security=False), "room_id", 50 if room_top else None, room_top, null)
    rooms = spread(ROOMS, "team_id", 10 if team_top else None, team_top)
    return catalog(posts, rooms)


def of_team(world: Catalog, observed: DatabaseChurn) -> ScopeRates:
    """The rates where the scope is the team behind the room."""
    scope = next(s for s in infer_scopes(world)[POSTS.name] if s.kind is ScopeKind.TENANT)
    assert len(scope.path) == 1
    return measure_rates(world["posts"], scope, world, observed["posts"], load_matrix(), TableAnswers())


@pytest.mark.parametrize(("room", "team", "hottest"), [(0.3, 0.2, 72.664), (0.1, 0.2, 47.329), (1.0, 0.1, 200)])
def test_behind_a_foreign_key_the_shares_of_the_path_combine(room: float, team: float, hottest: float) -> None:
    found = of_team(behind_room(room, team), churn("posts", inserts=200))
    assert values(found) == (200, 20, hottest)
    assert found.hottest_per_minute.source is Source.INFERRED
    assert 200 * max(room, team) <= hottest <= 200 * (room + team)


def test_the_assumption_behind_a_combined_share_is_written_down() -> None:
    detail = of_team(behind_room(0.3, 0.2), churn("posts", inserts=20)).hottest_per_minute.detail
    assert detail == (
        "20 a minute measured, 0.3 of public.posts for the hottest room_id and 0.2 of public.rooms for the hottest "
        "team_id (pg_stats), so 0.3 of all if these are different scopes and 0.44 if they are one "
        "and the rest is spread evenly; the middle is taken"
    )


@pytest.mark.parametrize(("room", "team", "hottest"), [(0.1, 0.4, 47.329), (0.5, 1.0, 100)])
def test_nulls_on_the_way_reach_nobody(room: float, team: float, hottest: float) -> None:
    """Half of the posts are in no room: a team with 0.4 of the rooms has 0.2 of them, and none has more than half."""
    found = of_team(behind_room(room, team, null=0.5), churn("posts", inserts=200))
    assert values(found) == (200, 10, hottest)


def test_the_wal_tells_the_first_hop_and_pg_stats_the_rest() -> None:
    observed = with_wal(churn("posts", inserts=200), ScopeRows("room_id", 200, 40, 90), inserts=200)
    found = of_team(behind_room(0.1, 0.2), observed)
    assert values(found) == (200, 20, 100.399), "between 90 and 112"
    assert found.hottest_per_minute.source is Source.INFERRED
    assert "(the WAL and pg_stats)" in found.hottest_per_minute.detail


def test_a_hottest_room_above_the_threshold_settles_it_for_its_team() -> None:
    """The rooms' teams are unknown, but no team has less than its hottest room."""
    high = of_team(behind_room(0.6, None), churn("posts", inserts=200)).hottest_per_minute
    assert (high.value, high.source) == (120, Source.INFERRED)
    assert high.detail.startswith("at least 120 a minute; ")
    open_ = of_team(behind_room(0.4, None), churn("posts", inserts=200)).hottest_per_minute
    assert open_.value is None
    assert open_.detail.startswith("at most 200 a minute, the whole table's; ")
    at_threshold = of_team(behind_room(0.5, None), churn("posts", inserts=200)).hottest_per_minute
    assert at_threshold.value is None, "at exactly 100 neither side is settled"
    low = of_team(behind_room(0.4, None), churn("posts", inserts=90)).hottest_per_minute
    assert (low.value, low.source) == (90, Source.MEASURED)


def test_the_whole_tables_rate_settles_it_only_below_the_threshold() -> None:
    def bound(inserts: int) -> object:
        return rates(catalog(POSTS), churn("posts", inserts=inserts)).hottest_per_minute.value

    assert (bound(99), bound(100), bound(101)) == (99, None, None)


def test_a_filter_compares_a_column_of_the_table_itself() -> None:
    found = rates(catalog(POSTS), churn("posts", inserts=1))
    assert (found.filter, found.why_no_filter) == ("room_id=eq.<id>", None)


def test_a_scope_behind_a_foreign_key_has_no_filter() -> None:
    found = of_team(behind_room(0.1, 0.1), churn("posts", inserts=1))
    assert (found.filter, found.why_no_filter) == (
        None,
        "A filter compares a column of the table itself, and the tenant's key is 1 foreign key away, "
        "in public.rooms.team_id.",
    )


def test_a_key_of_two_columns_has_no_filter_and_only_a_bound() -> None:
    key = ForeignKey("posts_room", ("region", "room_id"), ROOMS.name, ("region", "id"))
    posts = replace(table("posts", "id region room_id"), foreign_keys=(key,))
    posts = spread(spread(posts, "room_id", 50, 0.2), "region", 3, 0.7)
    found = rates(catalog(posts), churn("posts", inserts=400))
    assert found.filter is None
    assert found.why_no_filter == "A filter compares one column, and the region's key has 2: region, room_id."
    assert found.hottest_per_minute.value == 80
    assert found.hottest_per_minute.detail.startswith("at most 80 a minute, as region, room_id spread in pg_stats")
    assert found.average_per_minute.value is None


def test_what_everyone_may_read_is_one_scope() -> None:
    news = table("news", "id user_id", refers={"user_id": "users"}, policies=[reads(using="true", functions=())])
    found = rates(catalog(news), churn("news", inserts=300))
    assert values(found) == (300, 300, 300)
    assert found.why_no_filter == "Everyone may read every row, so there is nothing to filter by."


def test_without_a_scope_the_whole_table_counts() -> None:
    found = rates(catalog(table("countries", "id")), churn("countries", updates=7))
    assert values(found) == (7, 7, 7)
    assert (found.why_no_filter or "").startswith("Nothing leads from the rows to a user or a tenant")


def test_a_filter_here_is_the_filter_of_the_design() -> None:
    world = catalog(POSTS)
    made = decided(world, churn("posts", inserts=40))
    assert made.rates is not None
    assert design(made, world).changes_filter == made.rates.filter


def test_an_answered_rate_stands_for_the_hottest_scope() -> None:
    found = rates(catalog(POSTS), churn("posts", inserts=9000), hottest_scope_per_minute=12)
    assert found.hottest_per_minute == Evidence(12, "events/minute", Source.ANSWERED, "the architect's answer")
    assert found.table_per_minute.value == 9000


def test_nothing_written_is_no_rate_and_not_unknown() -> None:
    assert values(rates(catalog(POSTS), churn("posts"))) == (0, 0, 0)


def test_a_quiet_table_has_the_rate_of_before() -> None:
    window = churn("posts")
    since = Churn(POSTS.name, 600, 90, 10, 0, 0, "since reset")
    quiet = DatabaseChurn({POSTS.name: replace(window[POSTS.name], earlier=since)}, 60)
    found = rates(catalog(spread(POSTS, "room_id", 20, 0.5)), quiet)
    assert values(found) == (10, 0.5, 5)
    assert found.table_per_minute.detail == "100 row changes counted since the counters began"


def test_counters_that_do_not_say_since_when_give_no_rate() -> None:
    entry = Churn(POSTS.name, None, 90, 0, 0, 0, "since reset")
    found = rates(catalog(POSTS), DatabaseChurn({POSTS.name: entry}, None))
    assert values(found) == (None, None, None)
    assert found.hottest_per_minute.detail == "the counters do not say since when they count"


HIDDEN = replace(SERVER, sees_all_statistics=False, role="App Reader")


@pytest.mark.parametrize(
    ("posts", "server", "remedy"),
    [
        (replace(POSTS, estimated_rows=None), SERVER, "public.posts was never analysed: run ANALYZE public.posts"),
        (
            replace(POSTS, estimated_rows=None),
            HIDDEN,
            "run ANALYZE public.posts, then read as the owner: App Reader may not see all pg_stats",
        ),
        (
            replace(POSTS, estimated_rows=None, partitions=(TableName("public", "posts_1"),)),
            SERVER,
            "run ANALYZE public.posts (autovacuum never does it for a partitioned table)",
        ),
        (POSTS, SERVER, "pg_stats has nothing of public.posts.room_id, perhaps it holds only NULL: run ANALYZE"),
        (
            POSTS,
            HIDDEN,
            "pg_stats of public.posts is hidden from App Reader: connect as its owner, or let the role read it and "
            "pass its row level security: "
            'GRANT SELECT ON public.posts TO "App Reader"; ALTER ROLE "App Reader" BYPASSRLS',
        ),
        (
            replace(POSTS, row_security=False),
            HIDDEN,
            'App Reader may not read it: GRANT SELECT ON public.posts TO "App Reader", or run ANALYZE public.posts',
        ),
        (
            spread(POSTS, "id", -1.0),
            HIDDEN,
            "pg_stats has nothing of public.posts.room_id, perhaps it holds only NULL: run ANALYZE public.posts",
        ),
    ],
)
def test_hidden_statistics_are_unknown_with_their_remedy(posts: Table, server: Server, remedy: str) -> None:
    world = replace(catalog(posts), server=server)
    found = rates(world, churn("posts", inserts=500))
    assert (found.average_per_minute.value, found.hottest_per_minute.value) == (None, None)
    assert found.hottest_per_minute.detail.startswith("at most 500 a minute, the whole table's; ")
    assert remedy in found.hottest_per_minute.detail


def test_the_matrix_takes_its_rate_from_here() -> None:
    made = decided(catalog(spread(POSTS, "room_id", 20, 0.4)), churn("posts", inserts=50))
    finding = next(entry for entry in made.findings if entry.criterion == "low_volume")
    assert made.rates is not None
    assert finding.evidence is made.rates.hottest_per_minute


def test_outside_supabase_rates_are_told_all_the_same() -> None:
    users = table("users", "id")
    inbox = spread(table("inbox", "id user_id", refers={"user_id": "users"}), "user_id", 10, 0.5)
    found = rates(outside_supabase(users, inbox), churn("inbox", inserts=40))
    assert (found.filter, found.hottest_per_minute.value) == ("user_id=eq.<id>", 20)
