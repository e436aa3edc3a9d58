"""The decision records, as somebody reads them who was not there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import mistune
import pytest

from realtime_advisor.bundle.adr import WHOLE, adr_files
from realtime_advisor.errors import BadInput
from realtime_advisor.model import Answered
from tests.bundle.pages_world import HOSTILE, advise, found, hostile, small
from tests.generation.world import DOCUMENTS_DECISION, NOTIFICATIONS_DECISION

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "adr"
MADR = [
    "Context and Problem Statement",
    "Decision Drivers",
    "Considered Options",
    "Decision Outcome",
    "Consequences",
    "Confirmation",
]


def tokens(text: str) -> list[dict[str, Any]]:
    """The Markdown as GitHub's flavour reads it."""
    parse = mistune.create_markdown(renderer=None, plugins=["table", "strikethrough", "url"])
    found = parse(text)
    assert isinstance(found, list)
    return list(walk(found))


def walk(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for token in found:
        yield token
        yield from walk(token.get("children", []))


def headings(text: str) -> list[str]:
    return [line.lstrip("# ") for line in text.splitlines() if line.startswith("##")]


@pytest.mark.parametrize("name", sorted(adr_files(small(), date="2026-01-05")))
def test_the_records_are_as_they_were_read(name: str) -> None:
    assert adr_files(small(), date="2026-01-05")[name] == (GOLDEN / Path(name).name).read_text(encoding="utf-8")


def test_there_is_one_record_of_the_whole_and_one_of_each_table_that_changes() -> None:
    assert list(adr_files(small())) == [
        WHOLE,
        "adr/0002-public.documents.md",
        "adr/0003-public.messages.md",
        "adr/0004-public.notifications.md",
    ]


def test_a_record_has_the_headings_of_madr_in_their_order() -> None:
    files = adr_files(small())
    assert headings(files[WHOLE]) == MADR
    told = headings(files["adr/0002-public.documents.md"])
    options = ["Postgres Changes", "Broadcast", "Presence", "No realtime"]
    assert told == [*MADR, "Pros and Cons of the Options", *options, "More Information"]


def test_status_and_date_are_there_only_if_a_date_is_given() -> None:
    assert all(text.startswith("# ") for text in adr_files(small()).values())
    dated = adr_files(small(), date="2026-01-05")
    assert all(text.startswith('---\nstatus: "proposed"\ndate: 2026-01-05\n---\n\n# ') for text in dated.values())


def test_a_date_is_written_as_dates_are() -> None:
    with pytest.raises(BadInput, match="The date '5 January' is not written as 2026-01-31 is."):
        adr_files(small(), date="5 January")


def test_a_table_keeps_its_number_and_a_new_one_gets_the_next() -> None:
    documents, notifications = found(DOCUMENTS_DECISION), found(NOTIFICATIONS_DECISION)
    first = adr_files(advise([notifications]))
    assert list(first) == [WHOLE, "adr/0002-public.notifications.md"]
    later = adr_files(advise([documents, notifications]), earlier=first)
    assert list(later) == [WHOLE, "adr/0002-public.notifications.md", "adr/0003-public.documents.md"]
    assert "[0003](0003-public.documents.md)" in later[WHOLE]


def test_a_number_is_not_given_twice_when_a_table_is_gone() -> None:
    earlier = ["adr/0002-public.gone.md", "adr/0003-public.notifications.md"]
    made = adr_files(advise([found(DOCUMENTS_DECISION), found(NOTIFICATIONS_DECISION)]), earlier=earlier)
    assert list(made) == [WHOLE, "adr/0003-public.notifications.md", "adr/0004-public.documents.md"]


def test_pros_and_cons_come_from_the_findings() -> None:
    text = adr_files(small())["adr/0002-public.documents.md"]
    changes = text[text.index("### Postgres Changes") : text.index("### Broadcast")]
    assert "Good, because this holds: *Updates are low volume*: 39.7 events/minute, the rule is < 100" in changes
    assert "Bad, because this does not hold: *Updates are INSERT-heavy*: 20 % of row changes" in changes
    broadcast = text[text.index("### Broadcast") : text.index("### Presence")]
    assert "Neutral, because this is unknown: *What one poller can check is reached*" in broadcast
    assert "Neutral, because this does not hold: *You want to control what gets sent*." in broadcast


def test_the_confirmation_is_the_proof() -> None:
    files = adr_files(small())
    assert "The script is proved: 2 steps and 6 answers" in files["adr/0004-public.notifications.md"]
    assert "No script of it was run in the sandbox." in files["adr/0002-public.documents.md"]


def test_what_was_answered_is_told_with_who_and_when() -> None:
    answer = Answered("subscriptions", 1200.0, "counted *at* noon", "Ada", date(2026, 1, 5), date(2026, 6, 1))
    text = adr_files(advise([replace(found(DOCUMENTS_DECISION), answers=(answer,))]))["adr/0002-public.documents.md"]
    said = "Answered subscriptions: 1,200, because counted \\*at\\* noon (Ada, 2026-01-05, until 2026-06-01)."
    assert f"* {said}\n" in text


def test_no_duration_is_told() -> None:
    assert not [text for text in adr_files(small()).values() if "9.87" in text or "1.23" in text]


def test_a_hostile_name_is_read_as_it_is_written() -> None:
    files = adr_files(hostile())
    assert len(files) == len(HOSTILE) + 1
    for name, text in files.items():
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_./-"), name
        kinds = {token["type"] for token in tokens(text)}
        assert not kinds & {"inline_html", "block_html", "image", "strikethrough"}, (name, kinds)
        addresses = [token["attrs"]["url"] for token in tokens(text) if token["type"] == "link"]
        assert all(address in {other.removeprefix("adr/") for other in files} for address in addresses)
        assert "heading" not in headings(text)
        assert "\u202e" not in text
