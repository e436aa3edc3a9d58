"""The findings as a spreadsheet reads them."""

from __future__ import annotations

import csv
import io
from typing import Any

from realtime_advisor.bundle.findings_csv import findings_csv
from tests.bundle.pages_world import FINDINGS, HOSTILE, hostile, small


def read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_criterion_of_every_table_is_a_line() -> None:
    told = read(findings_csv(small()))
    decided = [each for each in small().decisions.values() if each.findings]
    assert [(line["table"], line["criterion"]) for line in told] == [
        (each.table.name, finding.criterion) for each in decided for finding in FINDINGS
    ]


def test_a_line_tells_what_was_found_against_which_rule_and_how_it_is_known() -> None:
    line = next(line for line in read(findings_csv(small())) if line["criterion"] == "insert_heavy")
    assert line == {
        "schema": "public",
        "table": "documents",
        "decided": "broadcast",
        "criterion": "insert_heavy",
        "speaks_for": "postgres_changes",
        "sentence": "Updates are INSERT-heavy",
        "holds": "no",
        "value": "0.2",
        "unit": "share of row changes",
        "operator": ">",
        "threshold": "0.5",
        "margin": "-0.3",
        "source": "measured",
        "detail": "20 of 100 in the window",
    }


def test_what_is_unknown_is_empty_and_says_so() -> None:
    line = next(line for line in read(findings_csv(small())) if line["criterion"] == "poller_saturated")
    assert (line["holds"], line["value"], line["margin"]) == ("unknown", "", "")


def test_no_text_is_computed_by_a_spreadsheet() -> None:
    text = findings_csv(hostile())
    cells = [cell for row in csv.reader(io.StringIO(text), quoting=csv.QUOTE_NONNUMERIC) for cell in row]
    words = [cell for cell in cells if isinstance(cell, str)]
    assert [word for word in words if word[:1] in set("=+-@\t\r\n＝＋－＠")] == []
    assert {f"'{name}" for name in HOSTILE if name.startswith(("=", "-"))} <= set(words)


def test_a_negative_number_stays_a_number() -> None:
    assert ',-0.3,"measured"' in findings_csv(small())


def test_the_same_advice_gives_the_same_bytes() -> None:
    assert findings_csv(small()) == findings_csv(small())
