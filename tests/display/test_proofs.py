"""Proofs as people see them: the badge, the steps, the truth table, and the messages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from realtime_advisor.display.show import show
from realtime_advisor.display.truth_grids import MOST_TOPICS
from realtime_advisor.display.views import Picture, Sheet, Stack, Words
from realtime_advisor.generation.design import design
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import (
    ByTable,
    Cell,
    Delivery,
    Design,
    Option,
    Proof,
    ProofStatus,
    Step,
)

from .test_figures import CHURN
from .world import advice, catalog, decided, decisions, named, owned

STEPS = (
    Step("installs", "It installs.", True, "no error", "no error", 0.2),
    Step("merge", "A MERGE is told.", None, "1 message", "PostgreSQL 14 has no MERGE"),
    Step("insert_one_row", "A new row is told.", False, "1 message", "no message", 0.5),
)
MINE, OTHERS = "user:ann:a", "user:bob:a"


def cell(who: str, topic: str, expected: bool, observed: bool | None = None, **more: Any) -> Cell:
    seen = expected if observed is None else observed
    return Cell(who, topic, more.pop("extension", "broadcast"), more.pop("action", "read"), expected, seen, **more)


CELLS = (
    cell("Ann", MINE, True),
    cell("Ann", OTHERS, False),
    cell("Bob", MINE, False),
    cell("Bob", OTHERS, True),
    cell("Ann", MINE, False, action="write"),
    cell("Ann", MINE, False, extension="presence"),
)


def proof(table: str = "public.a", status: ProofStatus = ProofStatus.PROVED, **more: Any) -> Proof:
    return Proof(named(table), status, more.pop("reason", "All steps hold on PostgreSQL 18.0."), **more)


def stack(view: object) -> tuple[Any, ...]:
    assert isinstance(view, Stack)
    return view.views


def rows(view: object) -> list[list[str]]:
    assert isinstance(view, Sheet)
    return [[str(each) for each in row] for row in view.rows]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (ProofStatus.PROVED, "a: ✓ proved. All steps hold on PostgreSQL 18.0."),
        (ProofStatus.SUBSTITUTED, "a: ≈ proved with substitutes. All steps hold on PostgreSQL 18.0."),
        (ProofStatus.NOT_PROVED, "a: ✗ not proved. All steps hold on PostgreSQL 18.0."),
    ],
)
def test_the_status_opens_the_page(status: ProofStatus, said: str) -> None:
    assert show(proof(status=status)).text == said


def test_substitutes_are_listed() -> None:
    [head] = stack(show(proof(substitutes=("The type citext is text here.",))))
    assert isinstance(head, Words)
    assert head.paragraphs[1:] == ("- The type citext is text here.",)


def test_steps_are_told_with_what_was_expected_and_observed() -> None:
    view = show(STEPS)
    assert view.text.startswith("3 steps: 1 as expected, 1 otherwise and 1 not tried.\n")
    assert rows(view) == [
        ["✓ as expected", "It installs.", "no error", "the same"],
        ["– not tried", "A MERGE is told.", "1 message", "PostgreSQL 14 has no MERGE"],
        ["✗ otherwise", "A new row is told.", "1 message", "no message"],
    ]


def test_durations_are_seen_live_and_not_stored() -> None:
    *_, live = stack(show(proof(steps=STEPS, seconds=1.25, join_milliseconds=0.31)))
    assert live.text == (
        "This took 1.2 s; the longest step, insert_one_row, 0.5 s. A join took 0.31 ms at 100,000 members."
    )
    assert "1.2 s" not in live._repr_mimebundle_()["text/plain"]


def test_long_texts_are_cut_and_many_messages_counted() -> None:
    said = ("It is long.", True, "x" * 5000, "y" * 5000)
    [right, wrong] = rows(show((Step("a", *said), Step("a", said[0], False, *said[2:]))))
    assert right[2:] == ["x" * 99 + "…", "y" * 99 + "…"]
    assert wrong[2:] == ["x" * 399 + "…", "y" * 399 + "…"]
    sent = tuple(Delivery("a", f"t{number}", "e", "{}") for number in range(1_000))
    view = stack(show(proof(deliveries=sent)))[1]
    assert view.text.startswith("1,000 messages arrived:\n")
    assert [row[1] for row in rows(view)] == ["t0", "t1", "and 998 more"]


def test_messages_are_listed_as_they_arrived() -> None:
    sent = (
        Delivery("installs", MINE, "a_created", '{"type": "a_created"}'),
        Delivery("installs", OTHERS, "a_created", "{}", private=False),
        Delivery("elsewhere", MINE, "a_deleted", "{}"),
    )
    view = stack(show(proof(steps=STEPS, deliveries=sent)))[2]
    assert rows(view) == [
        ["It installs.", MINE, "a_created", '{"type": "a_created"}', "private"],
        ["", OTHERS, "a_created", "{}", "public"],
        ["elsewhere", MINE, "a_deleted", "{}", "private"],
    ]


# ---------------------------------------------------------------- the truth table


def pictures(*cells: Cell) -> list[Any]:
    return list(stack(show(proof(cells=cells)))[1:])


def test_what_anybody_may_do_is_drawn_and_the_rest_is_told_in_a_sentence() -> None:
    picture, words = pictures(*CELLS)
    assert isinstance(picture, Picture)
    assert picture.sentence == ("2 users on 2 topics: 2 of 4 may hear broadcasts, exactly those whom the rows entitle.")
    assert words.text == "Nobody may send broadcasts or see who is present: 2 answers, all as expected."


@pytest.mark.parametrize(
    ("wrong", "fault", "name"),
    [
        (cell("Eve", MINE, False, True), "Eve on user:ann:a: let in", "may, wrongly"),
        (cell("Eve", MINE, True, False), "Eve on user:ann:a: kept out", "may not, wrongly"),
        (cell("Eve", MINE, False, error="42501: no"), "Eve on user:ann:a: an error, 42501: no", "an error"),
    ],
)
def test_a_wrong_answer_has_its_own_shape_and_is_named(wrong: Cell, fault: str, name: str) -> None:
    picture, _ = pictures(*CELLS, wrong)
    assert picture.sentence == f"3 users on 2 topics: 1 of 5 answers are wrong, the first: {fault}."
    traces = {trace.name: trace for trace in picture.figure.data}
    assert list(traces) == ["may, rightly", "may not, rightly", name]
    assert len({trace.marker.symbol for trace in traces.values()}) == 3
    assert (traces[name].x, traces[name].y) == ((2,), (0,))


def test_a_deed_that_nobody_should_be_able_to_do_is_drawn_where_somebody_is() -> None:
    first, second = pictures(*CELLS[:4], cell("Ann", MINE, False, True, action="write"))
    assert "who may hear broadcasts" in first.figure.layout.title.text
    assert "who may send broadcasts" in second.figure.layout.title.text


def test_who_may_do_everything_is_named_and_makes_no_picture() -> None:
    served = [cell("service role", MINE, True, extension=one, action="write") for one in ("broadcast", "presence")]
    _, words = pictures(*CELLS, *served)
    assert words.text == (
        "Nobody but the service role may send broadcasts, see who is present or tell that they are present: "
        "4 answers, all as expected."
    )


def test_of_many_topics_the_wrong_ones_are_drawn() -> None:
    many = [cell("Ann", f"t{number}", number == 0) for number in range(500)]
    [picture] = pictures(*many, cell("Ann", "wrong", False, True))
    labels = picture.figure.layout.yaxis.ticktext
    assert (len(labels), labels[-1]) == (MOST_TOPICS, "wrong")
    assert picture.below == ("477 more topics, answered as expected, are not drawn.",)


def test_hostile_topics_and_users_are_shortened_and_escaped() -> None:
    [picture] = pictures(cell("<b>", "x" * 10_000, True), cell("<b>", "", False), cell("<b>", "<i>\n", False))
    drawn = picture.figure.to_json()
    assert len(drawn) < 6_000
    assert picture.figure.layout.yaxis.ticktext[1:] == ("(empty)", "&lt;i&gt;⏎")
    assert picture.figure.layout.xaxis.ticktext == ("&lt;b&gt;",)
    assert "xxxxx…xxxxx" in json.loads(drawn)["layout"]["yaxis"]["ticktext"][0]


# ---------------------------------------------------------------- the badge


def test_proofs_of_many_tables_are_listed_those_in_doubt_first() -> None:
    view = show(
        ByTable({each.table: each for each in (proof(), proof("public.b", ProofStatus.NOT_PROVED, reason="No."))})
    )
    assert view.text.startswith("2 scripts: 1 proved and 1 not proved.\n")
    assert rows(view) == [
        ["b", "✗ not proved", "0", "0", "No."],
        ["a", "✓ proved", "0", "0", "All steps hold on PostgreSQL 18.0."],
    ]


def test_decisions_carry_the_badge_once_scripts_were_tried() -> None:
    told = decisions(decided("a"), decided("b"), decided("c", Option.NO_REALTIME))
    proofs = ByTable({named("a"): proof(status=ProofStatus.SUBSTITUTED)})
    view = show(told, proofs)
    assert isinstance(view, Sheet)
    assert [str(row[view.columns.index("proof")]) for row in view.rows] == [
        "≈ proved with substitutes",
        "✗ not proved",
        "–",
    ]
    plain = show(advice(told, CHURN))
    assert isinstance(plain, Sheet)
    assert "proof" not in plain.columns


def test_a_refused_design_has_no_script_rather_than_one_that_is_not_proved() -> None:
    told = decisions(decided("a"), decided("b", scope=None), decided("c"), decided("d", Option.NO_REALTIME))
    tables = catalog(*map(owned, "abcd"))
    designs = ByTable({each.table: design(each, tables) for each in told.values()})
    assert designs["b"].refusal
    scripts = ByTable({name: generate(designs[name]) for name in (named("a"), named("c"))})
    made = replace(advice(told, CHURN), designs=designs, scripts=scripts, proofs=ByTable({named("a"): proof()}))
    view = show(made)
    assert isinstance(view, Sheet)
    badges = [str(row[view.columns.index("proof")]) for row in view.rows]
    assert badges == ["✓ proved", "○ no script", "✗ not proved", "–"]


def test_a_design_beside_its_proof_ends_in_the_badge() -> None:
    design = Design(named("a"), Option.BROADCAST, (), "statement", ("id",))
    assert stack(show(design, proof()))[-1].text == "a: ✓ proved. All steps hold on PostgreSQL 18.0."
