"""How things look: escaped, short, the same each time, and always with words."""

from __future__ import annotations

from realtime_advisor.display.palette import OPTIONS
from realtime_advisor.display.views import PLOTLY, Badge, Listing, Sheet, Stack, Words
from realtime_advisor.errors import EmptyDatabase
from realtime_advisor.model import Option


def test_names_are_escaped_in_html() -> None:
    sheet = Sheet("<i>", ("<b>",), (("<script>",),))
    assert "<script>" not in sheet.html
    assert "&lt;script&gt;" in sheet.html
    assert "&lt;i&gt;" in Words(("<i>",)).html
    assert "&lt;i&gt;" in Listing("<i>").html


def test_an_option_is_told_by_mark_colour_and_word() -> None:
    assert len({(look.mark) for look in OPTIONS.values()}) == len({look.colour for look in OPTIONS.values()}) == 4
    assert str(Badge(OPTIONS[Option.BROADCAST])) == "● Broadcast"
    assert "#d55e00" in Badge(OPTIONS[Option.BROADCAST]).html


def test_a_number_and_its_sign_stay_on_one_line() -> None:
    assert "&gt;\N{NO-BREAK SPACE}50\N{NO-BREAK SPACE}%" in Sheet("", ("rule",), (("> 50 %",),)).html


def test_a_long_table_is_cut_and_says_so() -> None:
    sheet = Sheet("", ("n",), tuple((str(n),) for n in range(5000)))
    assert sheet.html.count("<tr>") == 61
    assert sheet.text.endswith("... and 4,940 more rows; .frame has them all.")
    assert len(sheet.frame) == 5000


def test_a_table_without_rows_is_its_sentence() -> None:
    assert Sheet("Nothing.", ("a",), ()).html == "<p>Nothing.</p>"
    assert Sheet("Nothing.", ("a",), ()).text == "Nothing."


def test_code_with_backticks_stays_inside_its_fence() -> None:
    assert Listing("select '```'")._repr_markdown_() == "````sql\nselect '```'\n````"


def test_a_stack_reads_from_top_to_bottom() -> None:
    assert Stack((Words(("one", "- two")), Words(("three",)))).text == "one\n- two\n\nthree"


def test_the_mime_type_is_the_one_that_jupyterlab_draws() -> None:
    assert PLOTLY == "application/vnd.plotly.v1+json"


def test_a_condition_for_the_user_has_no_traceback_in_a_notebook() -> None:
    assert EmptyDatabase("No tables.  Name another.")._render_traceback_() == [
        "EmptyDatabase: No tables. Name another."
    ]
