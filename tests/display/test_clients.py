"""Client code beside the SQL: every file under its name, folded where there are several, and harmless to a page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realtime_advisor.display.clients import show_both_sides, show_client
from realtime_advisor.display.folders import Beside, Folder
from realtime_advisor.display.show import show
from realtime_advisor.display.views import Listing
from realtime_advisor.display.widgets import choose_script
from realtime_advisor.errors import BadInput
from realtime_advisor.generation.client import generate_client
from realtime_advisor.generation.sql import generate
from realtime_advisor.model import Decisions
from tests.generation.client_cases import cases
from tests.generation.world import CATALOG, NOTIFICATIONS_DECISION

NOTIFICATIONS = cases()["notifications"]


def test_what_the_design_decides_is_shown_and_the_rest_is_named() -> None:
    client = generate_client(NOTIFICATIONS)
    assert list(client.own) == ["notificationsBroadcast.ts", "notificationsMessage.ts", "useBroadcastNotifications.ts"]
    page = show_client(client)._repr_markdown_()
    for name, text in client.own.items():
        assert f"<summary><code>{name}</code></summary>" in page
        assert f"```typescript\n{text.rstrip()}\n```" in page
    assert "the same for every table: catchUp.ts, realtimeBroadcast.ts" in page
    assert client["catchUp.ts"] not in page


def test_the_first_file_is_unfolded_and_the_others_are_not() -> None:
    page = show_client(generate_client(NOTIFICATIONS))._repr_markdown_()
    assert page.count("<details open>") == 1
    assert page.count("<details>") == 2
    assert page.index("<details open>") < page.index("<details>")


@pytest.mark.parametrize("form", ["html", "text"])
def test_a_client_reads_without_a_notebook_too(form: str) -> None:
    said = getattr(show_client(generate_client(NOTIFICATIONS)), form)
    assert "useBroadcastNotifications.ts" in said
    assert "notifications_created" in said


def test_a_client_is_beside_the_sql_that_it_listens_to() -> None:
    both = show(generate(NOTIFICATIONS), generate_client(NOTIFICATIONS))
    assert isinstance(both, Beside)
    assert [name for name, _ in both.left.files] == ["1 functions", "2 triggers", "3 policies"]
    page = both._repr_markdown_()
    assert page.index("```sql") < page.index("```typescript")
    assert page.count("<div") == page.count("</div>") == 9
    assert page.count("<details") == page.count("</details>") == 6


@pytest.mark.parametrize("case", ["none", "presence", "messages_changes", "hostile"])
def test_every_decision_has_a_client_to_show(case: str) -> None:
    folder = show(generate_client(cases()[case]))
    assert isinstance(folder, Folder)
    assert any(name.startswith("use") for name, _ in folder.files)


def test_a_name_that_is_markup_stays_a_name() -> None:
    odd = replace(generate_client(NOTIFICATIONS), own={"<b>.ts": "// ```\n"})
    folder = show_client(odd)
    assert "<b>" not in folder.html + folder._repr_markdown_()
    assert "````typescript\n// ```\n````" in folder._repr_markdown_()


def test_code_in_a_page_is_escaped() -> None:
    assert "&lt;script&gt;" in Folder("", (("a.ts", Listing("'<script>'", "typescript")),)).html


def test_without_a_notebook_a_folder_is_a_list_of_its_files() -> None:
    said = repr(show_both_sides(generate(NOTIFICATIONS), generate_client(NOTIFICATIONS)))
    assert "  useBroadcastNotifications.ts: typescript, 14 lines" in said
    assert "create" not in said


def test_the_widget_shows_the_client_of_the_chosen_table() -> None:
    chooser = choose_script(Decisions({NOTIFICATIONS_DECISION.table: NOTIFICATIONS_DECISION}), CATALOG)
    assert "useBroadcastNotifications.ts" in chooser.choose(part="client").text
    assert "notifications_created" in chooser.body.value


def test_a_client_beside_something_else_is_refused_with_what_can_be_shown() -> None:
    with pytest.raises(BadInput, match="There is no way to show Client beside Client. Show .* a script, a client"):
        show(generate_client(NOTIFICATIONS), generate_client(NOTIFICATIONS))
