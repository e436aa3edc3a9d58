"""The matrix is data: every criterion of the framework is there, and says yes, no and on the boundary what it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.model import Option
from realtime_advisor.reference import Criterion, load_hints, load_matrix

# The framework's bullets, word for word.
FRAMEWORK = [
    "Updates are low/medium volume (< 100 events/minute per user)",
    "Users truly benefit from live updates (chat/alerts)",
    "You can filter by tenant/user/thread/scope",
    "You can tolerate eventual ordering/duplication edge cases",
    "Updates are INSERT-heavy (not UPDATE-heavy)",
    "High-frequency updates (> 100 events/minute)",
    "Bulk jobs / migrations / backfills",
    "You want to control what gets sent",
    "You need user/organization-scoped events",
    "You want lightweight events (not full row data)",
    "UPDATE-heavy tables (status changes, counters)",
    '"Who\'s online" features',
    "Active user counters",
    "Typing indicators (though Broadcast is also good for this)",
    "Collaborative features (who's viewing/editing)",
    "High-volume, not user-facing",
    "Metadata tables, likely high-churn",
]


@pytest.mark.parametrize("sentence", FRAMEWORK)
def test_every_bullet_of_the_framework_is_a_criterion(sentence: str) -> None:
    assert sentence in [criterion.sentence for criterion in load_matrix()]


@pytest.mark.parametrize("criterion", load_matrix().criteria, ids=lambda criterion: criterion.id)
def test_a_criterion_holds_where_its_cases_say(criterion: Criterion) -> None:
    assert {case.holds for case in criterion.cases} == {True, False}
    assert any(case.boundary for case in criterion.cases)
    for case in criterion.cases:
        assert criterion.holds(case.value) is case.holds, case


@pytest.mark.parametrize("criterion", load_matrix().criteria, ids=lambda criterion: criterion.id)
def test_a_criterion_says_where_it_comes_from_and_what_is_wrong_with_it(criterion: Criterion) -> None:
    assert criterion.source
    assert criterion.known_problems
    assert criterion.unit
    assert criterion.holds(None) is None, "unknown stays unknown"
    assert criterion.question is None or "{table}" in criterion.question


def test_ids_are_distinct() -> None:
    ids = [criterion.id for criterion in load_matrix()]
    assert len(ids) == len(set(ids))


def test_a_margin_is_positive_inside_a_criterion_and_in_its_unit() -> None:
    matrix = load_matrix()
    assert matrix["low_volume"].margin(41) == 59
    assert matrix["high_volume"].margin(41) == -59
    assert matrix["users_benefit"].margin(True) is None


def test_one_threshold_moves_both_criteria_of_its_metric() -> None:
    moved = load_matrix().with_threshold("hottest_scope_per_minute", 30)
    assert moved["low_volume"].holds(41) is False
    assert moved["high_volume"].holds(41) is True
    assert load_matrix()["low_volume"].threshold == 100, "the matrix that was asked is unchanged"


def test_a_metric_without_a_number_cannot_be_moved() -> None:
    with pytest.raises(
        BadInput, match="No criterion has a number to move for the metric 'audience'. Those that have: "
    ):
        load_matrix().with_threshold("audience", 3)


def test_an_unknown_criterion_is_named_beside_the_known_ones() -> None:
    with pytest.raises(BadInput, match="has no criterion 'volume'. It has low_volume, "):
        load_matrix()["volume"]


def test_a_matrix_of_your_own_is_read(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = (Path(__file__).parents[2] / "data" / "decision_matrix.toml").read_text()
    own.write_text(text.replace("threshold = 100\n", "threshold = 7\n"))
    assert load_matrix(own)["low_volume"].threshold == 7
    assert load_matrix(own)["low_volume"].option is Option.POSTGRES_CHANGES


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("criterion = 3 3", "is no valid TOML"),
        ("format = 1", "holds no \\[\\[criterion\\]\\]"),
        (
            '[[criterion]]\nid = "x"\nthreshold = 1\noption = "nothing"\ncases = []',
            "Criterion x of own.toml is not understood",
        ),
        ("[[criterion]]\nid = 'x'", "Criterion x of own.toml is not understood"),
    ],
)
def test_a_matrix_that_means_nothing_is_refused_in_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(BadInput, match=sentence):
        load_matrix(own)


def test_a_missing_matrix_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gone.toml cannot be read: No such file"):
        load_matrix(tmp_path / "gone.toml")


def test_hints_are_words() -> None:
    hints = load_hints()
    assert "typing" in hints.typing
    assert "updated_at" in hints.touch_columns
