"""What the architect says is kept in a file with its reason, and comes back in the evidence."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_advisor.decision.answers import parse_answers, write_answers
from realtime_advisor.decision.decide import decide, tell_moved_evidence
from realtime_advisor.decision.expiry import drop_expired
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Choice, Decision, Evidence, Option, TableName

from .world import catalog, churn, table

POSTS = table("posts", "id room_id", refers={"room_id": "rooms"})
KITCHEN = "orders are shown on the kitchen screen"

TWO_TABLES = """\
# who decided what
["public.orders"]  # the shop
user_facing = true # yes
reason = "orders are shown on the kitchen screen"

# people, below
["public.users"]
disposable = false
"""


def decided(**answers: object) -> Decision:
    return decide(catalog(POSTS), churn("posts", inserts=40), {"public.posts": answers})[POSTS.name]


def evidence(made: Decision, criterion: str) -> Evidence:
    return next(entry.evidence for entry in made.findings if entry.criterion == criterion)


def test_the_reason_of_an_answer_is_in_its_evidence() -> None:
    shared = decided(user_facing=True, wants_control=False, reason=KITCHEN)
    assert evidence(shared, "users_benefit").detail == f"the architect's answer: {KITCHEN}"
    assert evidence(shared, "wants_control").detail == f"the architect's answer: {KITCHEN}"
    said = {"answer": True, "reason": KITCHEN, "by": "Ada", "date": date(2026, 11, 1)}
    own = decided(user_facing=said, wants_control=False, reason="another")
    assert evidence(own, "users_benefit").detail == f"the architect's answer: {KITCHEN} (Ada, 2026-11-01)"
    assert evidence(own, "wants_control").detail == "the architect's answer: another"
    assert evidence(decided(user_facing=True), "users_benefit").detail == "the architect's answer"
    by_ada = decided(user_facing={"answer": True, "by": "Ada"}, reason=KITCHEN)
    assert evidence(by_ada, "users_benefit").detail == f"the architect's answer: {KITCHEN} (Ada)"


@pytest.mark.parametrize(
    ("question", "criterion"),
    [
        ("tolerates_reordering", "tolerates_reordering"),
        ("bulk_writes", "bulk_writes"),
        ("disposable", "presence_online"),
        ("wants_light_payloads", "wants_light_payloads"),
    ],
)
def test_every_kind_of_answer_carries_its_reason(question: str, criterion: str) -> None:
    assert KITCHEN in evidence(decided(**{question: {"answer": True, "reason": KITCHEN}}), criterion).detail


def test_a_number_carries_its_reason_too() -> None:
    made = decided(hottest_scope_per_minute={"answer": 12, "reason": KITCHEN}, subscriptions=40)
    assert evidence(made, "low_volume").detail == f"the architect's answer: {KITCHEN}"
    assert "40 subscriptions (the architect's answer)" in evidence(made, "poller_keeps_up").detail


def test_an_option_may_be_decided_in_the_long_form() -> None:
    made = decided(option={"answer": "broadcast", "reason": "one client library"})
    assert (made.option, made.override) == (Option.BROADCAST, "one client library")
    assert decided(option="broadcast").override == "no reason given"


def test_a_file_in_both_forms_is_read_under_full_names() -> None:
    answers = parse_answers(
        '["orders"]\nuser_facing = true\n\n[\'shop."Order Items"\']\n'
        'bulk_writes = { answer = true, reason = "nightly", by = "Ada", date = 2026-11-01, expires = 2027-01-01 }\n'
    )
    assert answers["public.orders"] == {"user_facing": True}
    assert answers['shop."Order Items"']["bulk_writes"] == {
        "answer": True,
        "reason": "nightly",
        "by": "Ada",
        "date": date(2026, 11, 1),
        "expires": date(2027, 1, 1),
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[public", "answers.toml is no valid TOML: Expected"),
        ("user_facing = true", 'answers.toml says user_facing of no table. Put it below a heading such as ["public.'),
        ("[public.orders]\nuser_facing = true", "The heading of public.orders in answers.toml lacks its quotes."),
        ('["a.b.c"]', "The heading 'a.b.c' in answers.toml names no table"),
        ('["orders"]\n["public.orders"]', "answers.toml names public.orders twice."),
        ('["orders"]\ncolour = 1', "answers.toml: The answer 'colour' for public.orders is not known."),
        ('["orders"]\nuser_facing = 1', "answers.toml: The answer 'user_facing' for public.orders is 1; it says"),
        ('["orders"]\nsubscriptions = inf', "answers.toml: The answer 'subscriptions' for public.orders is inf;"),
        ('["orders"]\nsubscriptions = true', "answers.toml: The answer 'subscriptions' for public.orders is True;"),
        ('["orders"]\nsubscriptions = -1', "answers.toml: The answer 'subscriptions' for public.orders is -1;"),
        ('["orders"]\nreason = 3', "answers.toml: The answer 'reason' for public.orders is 3; it takes words"),
        ('["orders"]\noption = "owl"', "answers.toml: The option 'owl' for public.orders is not known."),
        (
            '["orders"]\nuser_facing = {by = "x"}',
            "answers.toml: The answer 'user_facing' for public.orders does not say",
        ),
        (
            '["orders"]\nuser_facing = {answer = true, why = "x"}',
            "answers.toml: The answer 'user_facing' for public.orders has 'why'.",
        ),
        (
            '["orders"]\nuser_facing = {answer = true, date = 2026-11-01T09:00:00}',
            "answers.toml: The answer 'user_facing.date' for public.orders is datetime.datetime(2026, 11, 1, 9, 0);",
        ),
        (
            '["orders"]\nuser_facing = {answer = true, expires = "soon"}',
            "answers.toml: The answer 'user_facing.expires' for public.orders is 'soon'; it takes a date",
        ),
    ],
)
def test_a_file_that_means_nothing_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_answers(text)
    assert str(refused.value).startswith(sentence)
    with pytest.raises(BadInput):
        write_answers(text, "public.orders", {"user_facing": True})


def test_a_syntax_error_tells_its_line() -> None:
    with pytest.raises(BadInput, match=r"shop.toml is no valid TOML: .*line 2"):
        parse_answers('["orders"]\nuser_facing = yes\n', "shop.toml")


def test_writing_keeps_comments_order_and_what_is_not_meant() -> None:
    written = write_answers(TWO_TABLES, "orders", {"user_facing": False, "bulk_writes": True})
    assert written == TWO_TABLES.replace("user_facing = true # yes", "user_facing = false # yes").replace(
        'kitchen screen"\n', 'kitchen screen"\nbulk_writes = true\n'
    )


def test_a_new_table_comes_before_the_next_name_with_its_answers_in_order() -> None:
    written = write_answers(TWO_TABLES, TableName("public", "people"), {"user_facing": True, "disposable": True})
    block = '["public.people"]\ndisposable = true\nuser_facing = true\n'
    assert written == TWO_TABLES.replace("# people, below", f"{block}\n# people, below")
    first = write_answers(TWO_TABLES, TableName("public", "carts"), {"disposable": True})
    assert first.startswith(
        '# who decided what\n\n["public.carts"]\ndisposable = true\n\n["public.orders"]  # the shop'
    )
    assert write_answers(TWO_TABLES, TableName("public", "zoo"), {"disposable": True}) == (
        f'{TWO_TABLES}\n["public.zoo"]\ndisposable = true\n'
    )


def test_what_looks_like_a_heading_within_words_is_none() -> None:
    text = '["public.a"]\nreason = """\n# so\n["public.z"]\n"""\n'
    written = write_answers(text, "b", {"disposable": True})
    assert written == f'{text}\n["public.b"]\ndisposable = true\n'


def test_tables_added_in_any_order_leave_the_same_file() -> None:
    names = ("b", "a", "c")
    texts = set()
    for order in (names, names[::-1], (names[2], names[0], names[1])):
        text = ""
        for name in order:
            text = write_answers(text, name, {"user_facing": True, "bulk_writes": False})
        texts.add(text)
    assert len(texts) == 1


def test_an_answer_is_taken_back() -> None:
    written = write_answers(TWO_TABLES, "public.orders", {"reason": None, "bulk_writes": None})
    assert parse_answers(written)["public.orders"] == {"user_facing": True}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '["public.orders"]',
        '["orders"]\r\nuser_facing = true\r\n',
        '"public.orders" = { user_facing = true }\n',
        '"public.orders".user_facing = true\n',
        '["public.orders".user_facing]\nanswer = true\n\n["public.users"]\ndisposable = true\n',
        '["public.orders"]\nreason = """\n["public.users"]\n"""\n',
    ],
)
def test_whatever_the_style_of_a_file_it_can_be_written_to(text: str) -> None:
    said = {"user_facing": {"answer": False, "reason": "no screen"}, "subscriptions": 3.5}
    before = parse_answers(text)
    after = parse_answers(write_answers(text, "orders", said))
    assert after == {**before, "public.orders": {**before.get("public.orders", {}), **said}}


def test_answers_that_cannot_be_read_back_are_not_written() -> None:
    with pytest.raises(BadInput, match="The answer 'colour' for public.orders is not known"):
        write_answers("", "public.orders", {"colour": True})


identifiers = st.one_of(
    st.sampled_from(['a"b.c', "Order Items", "täble", "x.y", '"', "\n", "\\", "'", "#", "[a]", "日本", "\x7f"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12),
)
names = st.builds(TableName, identifiers, identifiers)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
answer = st.one_of(
    st.booleans(),
    st.fixed_dictionaries({"answer": st.booleans()}, optional={"reason": words, "by": words, "date": st.dates()}),
)
said = st.fixed_dictionaries(
    {},
    optional={
        "user_facing": answer,
        "bulk_writes": answer,
        "subscriptions": st.one_of(st.integers(0, 10**9), st.floats(0, 1e9)),
        "reason": words,
        "scope": words,
    },
)


def test_what_was_chosen_of_the_design_goes_with_the_decision_and_its_reason() -> None:
    said = {"answer": ["title", "state"], "reason": KITCHEN}
    made = decided(watched=said, granularity="transaction", operations=["insert"])
    assert made.choices == (
        Choice("watched", ("title", "state"), f"the architect's answer: {KITCHEN}"),
        Choice("operations", ("insert",), "the architect's answer"),
        Choice("granularity", ("transaction",), "the architect's answer"),
    )


def test_a_list_is_said_in_brackets() -> None:
    with pytest.raises(BadInput, match="'watched' for public.posts is 'title'; it lists the columns .* in brackets"):
        decided(watched="title")


@settings(deadline=None)
@given(st.lists(st.tuples(names, said), max_size=5))
def test_what_is_written_is_what_is_read(steps: list[tuple[TableName, dict[str, Any]]]) -> None:
    text, expected = "# kept\n", dict[str, dict[str, Any]]()
    for name, given_ in steps:
        text = write_answers(text, name, given_)
        expected[str(name)] = expected.get(str(name), {}) | given_
        assert parse_answers(text) == expected
        assert text.startswith("# kept\n")
    assert tomllib.loads(text) == expected


def test_an_answer_counts_until_the_day_it_expires() -> None:
    until = {"answer": True, "expires": date(2026, 11, 1)}
    answers = {"public.posts": {"user_facing": until, "bulk_writes": False, "reason": "so"}}
    assert drop_expired(answers, date(2026, 11, 1)) == (answers, ())
    kept, told = drop_expired(answers, date(2026, 11, 2))
    assert kept == {"public.posts": {"bulk_writes": False, "reason": "so"}}
    assert tuple(map(str, told)) == ("The answer user_facing for public.posts expired on 2026-11-01: ask again.",)


def test_two_names_of_one_table_are_refused() -> None:
    with pytest.raises(BadInput, match="The answers name public.posts twice"):
        decide(catalog(POSTS), churn("posts"), {"posts": {"user_facing": True}, "public.posts": {}})


def test_an_override_is_told_with_who_when_and_until_when() -> None:
    said = {"answer": "no_realtime", "reason": "no screen", "by": "Ada", "date": date(2026, 11, 1)}
    assert decided(option=said).override == "no screen (Ada, 2026-11-01)"
    assert decided(option={**said, "expires": date(2027, 1, 1)}).override == (
        "no screen (Ada, 2026-11-01, until 2027-01-01)"
    )


def test_an_override_tells_when_the_evidence_has_moved_since() -> None:
    said = {"answer": "no_realtime", "reason": "no screen", "evidence_said": "presence"}
    made = decide(catalog(POSTS), churn("posts", inserts=40), {"public.posts": {"option": said}})
    decision = made[POSTS.name]
    (answer,) = decision.answers
    assert (answer.evidence_said, answer.evidence_says) == ("presence", str(answer.evidence_says))
    assert decision.reasons[1] == "When that was decided, the evidence said presence: look at it again."
    assert tell_moved_evidence(made) == (
        f"The override of public.posts was decided when the evidence said presence; it says {answer.evidence_says} "
        "now: look at it again.",
    )
    same = {"public.posts": {"option": {**said, "evidence_said": answer.evidence_says}}}
    assert tell_moved_evidence(decide(catalog(POSTS), churn("posts", inserts=40), same)) == ()


def test_what_the_evidence_said_is_an_option_beside_an_option() -> None:
    for wrong in (
        {"option": {"answer": "broadcast", "evidence_said": "nothing"}},
        {"user_facing": {"answer": True, "evidence_said": "broadcast"}},
    ):
        with pytest.raises(BadInput, match=r"has evidence_said = .* It goes with an option, and names the one"):
            decided(**wrong)


def test_a_table_may_have_thresholds_of_its_own() -> None:
    said = {"answer": {"hottest_scope_per_minute": 7}, "reason": "a small screen", "by": "Ada"}
    made = decided(thresholds=said)
    thresholds = {f.criterion: f.threshold for f in made.findings if f.criterion in ("low_volume", "high_volume")}
    assert thresholds == {"low_volume": 7.0, "high_volume": 7.0}
    assert (
        "Judged by thresholds of its own: hottest_scope_per_minute 7; the architect's answer: a small screen (Ada)."
        in made.reasons
    )
    short = decided(thresholds={"hottest_scope_per_minute": 7})
    assert short.findings == made.findings
    assert decided().findings != made.findings


def test_thresholds_that_mean_nothing_are_refused() -> None:
    for wrong in (7, {}, {"update_share": True}, {"answer": {"update_share": "much"}}):
        with pytest.raises(BadInput, match="The answer 'thresholds' for public.posts is .* numbers by metric"):
            decided(thresholds=wrong)
    with pytest.raises(BadInput, match="The answer 'thresholds' for public.posts cannot be meant. No criterion has a"):
        decided(thresholds={"colour": 7})


def test_thresholds_are_kept_in_the_file() -> None:
    said = {"answer": {"update_share": 0.7}, "reason": "so"}
    text = write_answers("", "orders", {"thresholds": said, "subscriptions": 3})
    assert parse_answers(text)["public.orders"] == {"thresholds": said, "subscriptions": 3}
