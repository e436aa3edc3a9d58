"""The page that opens a bundle: what whoever applies it has to know."""

from __future__ import annotations

from dataclasses import replace

from realtime_advisor.bundle.export import export
from realtime_advisor.model import Advice, Decision, Decisions, Option
from tests.generation.test_cutover import published
from tests.generation.world import DOCUMENTS, DOCUMENTS_DECISION, NOTIFICATIONS, NOTIFICATIONS_DECISION

from .pages_world import advise, churned, many, small

UNKNOWN = "This is no Supabase database: nothing tells what clients may read, so who may listen is unknown too."


def elsewhere(advice: Advice) -> Advice:
    """The same on a server that is no Supabase."""
    return replace(advice, server=replace(advice.server, is_supabase=False))


def silent(decision: Decision) -> Decision:
    """Of which too little is known."""
    return replace(
        decision, option=Option.NO_REALTIME, confidence="low", scope=None, questions=("Who belongs?",), override=None
    )


def test_without_supabase_the_page_says_who_may_make_and_drop_the_policies() -> None:
    page = " ".join(export(small())["README.md"].split())
    applied, undone = page.partition("To go back: ")[::2]
    assert (
        "Where the server is not Supabase, only the owner of `realtime.messages` or a superuser may make and drop its "
        "policies: run `supabase/migrations/"
    ) in applied
    assert "_policies.sql` as such a role." in applied
    assert "Where the server is not Supabase, run it as a superuser: its first step drops the policies" in undone


def test_nobody_is_unknown_to_listen_once_somebody_is_known() -> None:
    known = elsewhere(small())
    decisions = [silent(decision) for decision in known.decisions.values()]
    unknown = replace(known, decisions=Decisions({each.table: each for each in decisions}))
    for page in ("README.md", "report.html"):
        assert UNKNOWN not in export(known)[page]
        assert UNKNOWN in export(unknown)[page]


def test_tables_that_lack_only_an_answer_are_told_in_a_line_the_busiest_first() -> None:
    decisions = [silent(DOCUMENTS_DECISION), silent(NOTIFICATIONS_DECISION)]
    churn = [churned(each.table, number, 0, 0) for number, each in enumerate(decisions, 1)]
    told = export(advise(decisions, churn))["README.md"]
    line = (
        "Too little is known of public.notifications and public.documents, so they are no_realtime for want of an "
        "answer: what would settle it stands in [report.html](report.html) as questions, in "
        "[decisions.json](decisions.json) too, and as *unknown* in [findings.csv](findings.csv)."
    )
    assert line in told.splitlines()


def test_what_is_published_and_lacks_an_answer_has_no_cut_over_and_the_page_says_why() -> None:
    catalog = published(DOCUMENTS, published(NOTIFICATIONS))
    bundle = export(advise([silent(DOCUMENTS_DECISION), NOTIFICATIONS_DECISION], catalog=catalog))
    assert [name for name in bundle if name.startswith("cutover/")] == ["cutover/public.notifications.sql"]
    assert (
        "`supabase_realtime` sends public.documents today, and it stays in it: no cut-over is written for want of an "
        "answer. Answer the questions and export again."
    ) in bundle["README.md"].splitlines()
    certain = export(advise([replace(silent(DOCUMENTS_DECISION), confidence="high")], catalog=catalog))
    assert "cutover/public.documents.sql" in certain
    assert "no cut-over is written" not in certain["README.md"]


def test_what_is_certain_or_decided_by_the_architect_lacks_no_answer() -> None:
    certain = [
        replace(silent(DOCUMENTS_DECISION), confidence="high"),
        replace(silent(NOTIFICATIONS_DECISION), override="never shown"),
    ]
    assert "Too little is known" not in export(advise(certain))["README.md"]


def test_what_to_look_at_first_is_the_busiest() -> None:
    page = export(many(8))["report.html"]
    assert "8 scripts (table_7, table_6, table_5, table_4, table_3 and 3 more) are not proved." in page
