"""What a scope leaves open is said: shared rows, keys of several columns or tables, pairs that may be members."""

from __future__ import annotations

from dataclasses import replace

from realtime_advisor.decision.decide import decide
from realtime_advisor.model import Catalog, Column, Decision, ForeignKey, PolicyFunction, Table

from .world import MEMBERS, catalog, churn, name, reads, table

TEAM = {"team_id": "teams"}
CREWS = table("crews", "team_id user_id", key="team_id user_id", refers={"team_id": "clubs", "user_id": "users"})
FILES = table("files", "id club_id", refers={"club_id": "clubs"})


def decided(of: str, known: Catalog, **answers: object) -> Decision:
    return decide(known, churn(of, inserts=5), {f"public.{of}": answers})[name(of)]


def polymorphic(columns: str, refers: dict[str, str] | None = None) -> Table:
    comments = table("comments", f"id commentable_id {columns}", refers=refers)
    return replace(comments, columns=(*comments.columns, Column("commentable_type", "text")))


def filled(known: Table) -> Table:
    return replace(known, columns=tuple(replace(column, not_null=True) for column in known.columns))


def test_rows_without_a_tenant_are_told_to_nobody_and_that_is_said() -> None:
    prices = table("prices", "id team_id", refers=TEAM, policies=[reads("prices.team_id", *MEMBERS)])
    said = "public.prices.team_id may be null: rows without it, whether everybody's or nobody's, are told on no topic."
    assert said in decided("prices", catalog(prices)).reasons
    assert said not in decided("prices", catalog(filled(prices))).reasons


def test_a_pair_of_type_and_id_leads_nowhere_and_the_column_beside_it_does() -> None:
    alone, beside = polymorphic(""), polymorphic("team_id", TEAM)
    said = "public.comments.commentable_id names rows of several tables (commentable_type says which)"
    nowhere = decided("comments", catalog(alone))
    assert nowhere.scope is None
    assert any(said in reason and "Copy the tenant's key into it" in reason for reason in nowhere.reasons)
    found = decided("comments", catalog(beside))
    assert found.scope is not None
    assert found.scope.columns == ("team_id",)
    assert any(said in reason and "Copy" not in reason for reason in found.reasons)


def test_a_key_of_several_columns_is_said_to_fit_no_topic() -> None:
    sets = table("sets", "a b team_id", key="a b", refers=TEAM)
    items = replace(table("items", "id a b"), foreign_keys=(ForeignKey("k", ("a", "b"), sets.name, ("a", "b")),))
    assert any(
        "A topic names one key, and a and b are 2 columns, so no policy is generated for them: give public.sets"
        in reason
        for reason in decided("items", catalog(filled(items), sets)).reasons
    )


def test_a_function_that_decides_who_reads_and_cannot_be_read_is_named_where_nothing_else_leads_on() -> None:
    body = "select exists (select 1 from crews where team_id = $1 and user_id = auth.uid())"
    is_in = PolicyFunction(
        *("public.is_in", "sql", body, True, (), "stable", False, (("", "uuid"),), ()),
        *(0, "boolean", False, True, 1, True, False, (CREWS.name,)),
    )
    asks = replace(
        reads("sketches.club_id", functions=("public.is_in",), using="public.is_in(club_id)"), definitions=(is_in,)
    )
    sketches = table("sketches", "id club_id", refers={"club_id": "clubs"}, policies=[asks])
    found = decided("sketches", catalog(table("clubs", "id"), CREWS, sketches))
    assert found.scope is None
    assert (
        "Who reads public.sketches its SELECT policies ask a function: public.is_in() is not taken for a look-up of "
        "members: it does not say in which schema crews is, and its search_path is not fixed. Mend it, or answer "
        "members."
    ) in found.reasons


def test_of_two_users_the_one_who_does_not_hear_is_named() -> None:
    friends = table("friends", "id one_id two_id", refers={"one_id": "users", "two_id": "users"})
    reasons = decided("friends", catalog(filled(friends))).reasons
    assert any(
        "Its rows name several users, by one_id and two_id: the topic reaches the one" in each for each in reasons
    )
    assert "two_id is as reasonable a scope: answer scope to choose." in reasons
    assert not any("as reasonable a scope" in each for each in decided("rooms", catalog()).reasons)


def test_a_pair_in_doubt_is_asked_where_it_would_give_an_audience_and_the_answer_gives_it() -> None:
    known = catalog(table("clubs", "id"), CREWS, FILES)
    asked = decided("files", known)
    assert asked.scope is None
    assert asked.questions[0] == (
        "public.crews pairs users with public.clubs, but policies decide by other tables; "
        'answer members = "public.crews" for public.files if it makes a member.'
    )
    said = decided("files", known, members="public.crews")
    assert said.scope is not None
    assert said.scope.entitlement
    assert not any("public.crews" in question for question in said.questions)
    assert not any("public.crews" in question for question in decided("rooms", known).questions)
