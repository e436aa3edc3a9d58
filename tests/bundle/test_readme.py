"""The page that opens a bundle: what whoever applies it has to know."""

from __future__ import annotations

from realtime_advisor.bundle.export import export

from .pages_world import small


def test_without_supabase_the_page_says_who_may_make_and_drop_the_policies() -> None:
    page = " ".join(export(small())["README.md"].split())
    applied, undone = page.partition("To go back: ")[::2]
    assert (
        "Where the server is not Supabase, only the owner of `realtime.messages` or a superuser may make and drop its "
        "policies: run `supabase/migrations/"
    ) in applied
    assert "_policies.sql` as such a role." in applied
    assert "Where the server is not Supabase, run it as a superuser: its first step drops the policies" in undone
