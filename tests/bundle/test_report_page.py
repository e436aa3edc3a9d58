"""The report as a browser reads it: one file that fetches nothing, whoever named the tables."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from realtime_advisor.bundle import report_overview, report_rows
from realtime_advisor.bundle.report_page import report_html
from realtime_advisor.bundle.report_rows import MOST_FULL, anchor_of
from realtime_advisor.bundle.visible import make_visible
from realtime_advisor.model import Answered
from tests.bundle.pages_world import HOSTILE, advise, found, hostile, many, small
from tests.generation.world import DOCUMENTS, DOCUMENTS_DECISION, public

VOID = {"meta", "input", "br", "img", "link", "hr"}
# The end tags that HTML lets one leave out, and the page does, because there are many of them.
OPEN_ENDED = {"td", "th", "tr"}


class Page(HTMLParser):
    """What is in a page: elements with their attributes, and the text of each kind of element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.strays: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID | OPEN_ENDED:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in OPEN_ENDED:
            return
        if not self.open or self.open.pop() != tag:
            self.strays.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def with_class(self, name: str) -> list[dict[str, str]]:
        return [attrs for _, attrs in self.elements if name in attrs.get("class", "").split()]


@cache
def text_of(which: str) -> str:
    return report_html({"small": small, "hostile": hostile}[which]())


def words_of(page: Page) -> str:
    said = " ".join(data for tag, data in page.texts if tag not in ("style", "script"))
    return said.replace("\u00a0", " ")


@pytest.mark.parametrize("which", ["small", "hostile"])
def test_every_element_is_closed(which: str) -> None:
    page = Page(text_of(which))
    assert (page.strays, page.open) == ([], [])


@pytest.mark.parametrize("which", ["small", "hostile"])
def test_the_page_names_no_address_but_its_own_anchors(which: str) -> None:
    page = Page(text_of(which))
    named = [attrs[key] for _, attrs in page.elements for key in ("href", "src", "action", "srcset") if key in attrs]
    assert named
    assert [address for address in named if not address.startswith("#")] == []
    assert not [tag for tag, _ in page.elements if tag in ("link", "img", "iframe", "object", "embed")]
    style = "".join(data for tag, data in page.texts if tag == "style")
    assert not re.search(r"url\(|@import", style)


@pytest.mark.parametrize("which", ["small", "hostile"])
def test_only_the_pages_own_script_may_run(which: str) -> None:
    page = Page(text_of(which))
    scripts = [data for tag, data in page.texts if tag == "script"]
    policy = next(attrs["content"] for attrs in page.of("meta") if "http-equiv" in attrs)
    digest = base64.b64encode(hashlib.sha256("".join(scripts).encode()).digest()).decode()
    assert len(page.of("script")) == 1
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not [attrs for _, attrs in page.elements if any(name.startswith("on") for name in attrs)]


@pytest.mark.parametrize("which", ["small", "hostile"])
def test_every_link_leads_to_a_place_that_is_there_once(which: str) -> None:
    page = Page(text_of(which))
    places = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
    assert {place: count for place, count in places.items() if count > 1} == {}
    assert {attrs["href"].removeprefix("#") for attrs in page.of("a")} <= set(places)


def test_a_hostile_name_is_read_as_it_is_written() -> None:
    page = Page(text_of("hostile"))
    said = re.sub(r"\s+", " ", words_of(page))
    for name in HOSTILE:
        assert make_visible(re.sub(r"\s+", " ", name.replace('"', '""'))) in said
    assert "{{ 7 * 7 }}" in said
    assert "\u202e" not in text_of("hostile")
    assert len(page.with_class("dossier")) == len(HOSTILE)


def test_each_table_has_a_verdict_and_a_dossier() -> None:
    page = Page(text_of("small"))
    assert len(page.with_class("dossier")) == len(small().decisions)
    assert [attrs["data-option"] for tag, attrs in page.elements if tag == "tr" and "data-option" in attrs] == [
        "postgres_changes",
        "broadcast",
        "broadcast",
        "no_realtime",
    ]


def test_a_dossier_tells_what_the_verdict_stands_on_and_what_follows() -> None:
    said = words_of(Page(text_of("small")))
    for sentence in (
        "82 % of the changes are updates, more than 50 %.",
        "inferred: a part of the whole",
        "How many clients listen at the busiest hour?",
        "tenant:<id>:documents",
        "2 steps and 6 answers on PostgreSQL 18.0 are as designed.",
        "A bulk write sends one message a scope.",
        "create or replace function",
        "useBroadcastDocuments.ts",
        "export function useBroadcastDocuments",
    ):
        assert sentence in said, sentence


def test_the_page_says_what_was_measured() -> None:
    said = words_of(Page(text_of("small")))
    assert "PostgreSQL 18.0, watched for 600 seconds." in said
    assert "The counters were reset." in said


def test_what_is_not_proved_is_told_first() -> None:
    assert "The script of documents is not proved" in words_of(Page(text_of("small")))


def test_what_the_architect_decided_is_told_beside_what_the_evidence_says() -> None:
    answer = Answered("option", "broadcast", "nobody waits", "Ada", date(2026, 1, 5), None, "no_realtime", "presence")
    decision = replace(found(DOCUMENTS_DECISION), override="nobody waits (Ada)", answers=(answer,))
    said = words_of(Page(report_html(advise([decision]))))
    assert "Decided by the architect: documents (Broadcast; the evidence says Presence)." in said
    assert said.count("Decided by the architect: nobody waits (Ada)") >= 2  # in the list and in the dossier
    assert (
        "Answered option: broadcast, because nobody waits (Ada, 2026-01-05). The evidence said no_realtime then" in said
    )


def test_no_duration_is_told() -> None:
    assert not re.search(r"9\.8|0\.12|0\.65|1\.23", words_of(Page(text_of("small"))))


def test_the_same_advice_gives_the_same_bytes() -> None:
    assert report_html(small()) == text_of("small")


def test_a_database_without_tables_has_a_page_too() -> None:
    page = Page(report_html(advise([])))
    assert (page.strays, page.open) == ([], [])


def test_a_dossier_links_to_the_tables_files_beside_the_page() -> None:
    files = {DOCUMENTS: ["tables/public.documents.up.sql", "adr/0002-public.documents.md"]}
    page = Page(report_html(small(), files))
    beside = [attrs["href"] for attrs in page.of("a") if not attrs["href"].startswith("#")]
    assert beside == files[DOCUMENTS]


def test_a_page_of_many_tables_tells_of_the_busiest_everything_and_of_the_others_what_decides() -> None:
    page = Page(report_html(many(MOST_FULL + 5)))
    listed = len(page.with_class("code"))
    assert listed == 5 * MOST_FULL  # to install, to take back, and three files for the client
    assert len(page.with_class("dossier")) == MOST_FULL + 5
    assert f"Of the {MOST_FULL} busiest everything is told here" in words_of(page)


def test_of_thousands_of_tables_the_least_busy_have_a_verdict_and_no_dossier(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (report_rows, report_overview):
        monkeypatch.setattr(module, "MOST_DOSSIERS", 70)
    page = Page(html := report_html(many(75)))
    assert len(page.with_class("dossier")) == 70
    named = {attrs["href"] for attrs in page.of("a")}
    assert [f"#{anchor_of(public(f'table_{number}'))}" in named for number in (4, 5)] == [False, True]
    assert "One for each of the 70 busiest tables" in words_of(page)
    assert "<span>table_<wbr>4</span>" in html  # a narrow column breaks it there


def test_a_page_of_a_thousand_tables_stays_under_ten_megabytes() -> None:
    few, more = (len(report_html(many(MOST_FULL + count)).encode()) for count in (10, 30))
    each = (more - few) / 20
    assert few + (1000 - MOST_FULL - 10) * each < 10_000_000


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("No Chromium: that the report's script runs in a browser is not tested (apt install chromium)")
    return found


def browse(chromium: str, folder: Path, text: str, place: str = "") -> Page:
    """The page after its script ran."""
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    switches = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    offline = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    command = [chromium, *switches, *offline, f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    run = subprocess.run([*command, f"{file.as_uri()}{place}"], capture_output=True, text=True, timeout=600, check=True)
    return Page(run.stdout)


def test_the_script_runs_beside_hostile_names_and_none_of_theirs_does(chromium: str, tmp_path: Path) -> None:
    page = browse(chromium, tmp_path, text_of("hostile"))
    assert [data for tag, data in page.texts if tag == "output"] == [f"{len(HOSTILE)} tables"]
    assert not [tag for tag, _ in page.elements if tag in ("img", "svg")]
    assert len(page.of("script")) == 1


def test_a_link_opens_the_dossier_that_it_names(chromium: str, tmp_path: Path) -> None:
    page = browse(chromium, tmp_path, text_of("small"), f"#{anchor_of(DOCUMENTS)}")
    opened = [attrs["data-table"] for attrs in page.with_class("dossier") if "open" in attrs]
    assert opened == [anchor_of(DOCUMENTS)]


ACTS = """
const box = document.getElementById("find"), told = [];
const shown = () => [...document.querySelectorAll(".verdicts tbody tr:not([hidden]) a")].map((a) => a.textContent);
const dossiers = () => document.querySelectorAll(".dossier:not([hidden])").length;
const tell = () => told.push([shown(), dossiers(), document.getElementById("found").textContent]);
const search = (words) => { box.value = words; box.dispatchEvent(new Event("input")); tell(); };
const click = (selector, place) => { document.querySelectorAll(selector)[place].click(); tell(); };
for (const words of ["", "DOCU", "tenant:<id>:documents", "broadcast user", "nothing is called so", ""]) search(words);
for (const column of [0, 0, 5]) click(".verdicts th button", column);
for (const tile of [1, 1]) click(".tile-face", tile);
document.body.append(Object.assign(document.createElement("pre"), { textContent: JSON.stringify(told) }));
"""


def test_tables_are_found_sorted_and_filtered(chromium: str, tmp_path: Path) -> None:
    free = re.sub(r"<meta http-equiv[^>]*>", "", text_of("small"))  # the page's policy would not let this script run
    page = browse(chromium, tmp_path, free.replace("</body>", f"<script>{ACTS}</script></body>"))
    told = json.loads([data for tag, data in page.texts if tag == "pre"][-1])
    busiest = ["messages", "documents", "notifications", "tenants"]
    by_name = sorted(busiest)
    assert told == [
        [busiest, 4, "4 tables"],
        [["documents"], 1, "1 of 4 tables"],
        [["documents"], 1, "1 of 4 tables"],
        [["notifications"], 1, "1 of 4 tables"],
        [[], 0, "0 of 4 tables"],
        [busiest, 4, "4 tables"],
        [by_name, 4, "4 tables"],
        [by_name[::-1], 4, "4 tables"],
        [busiest, 4, "4 tables"],
        [["documents", "notifications"], 2, "2 of 4 tables"],
        [busiest, 4, "4 tables"],
    ]


def test_of_a_thousand_tables_a_browser_shows_the_first_fifty_and_says_so(chromium: str, tmp_path: Path) -> None:
    page = browse(chromium, tmp_path, report_html(many(70)))
    rows = [attrs for tag, attrs in page.elements if tag == "tr" and "data-option" in attrs]
    assert [sum("hidden" in attrs for attrs in found) for found in (rows, page.with_class("dossier"))] == [20, 20]
    assert "Show all 70, not only the first 50" in words_of(page)
