"""Which schemas of a Supabase project are Supabase's own, and not the user's to decide about."""

from __future__ import annotations

import re

_SUPABASES_OWN = re.compile(
    r"auth|storage|realtime|vault|extensions|graphql.*|pgsodium.*|net|cron|supabase_.*|pgbouncer|_realtime|_analytics"
)


def is_users_own(schema: str, is_supabase: bool) -> bool:
    """Whether the tables of `schema` are the user's; elsewhere than on Supabase `auth` is a name like any other.

    >>> is_users_own("auth", is_supabase=True), is_users_own("auth", is_supabase=False)
    (False, True)
    """
    return not (is_supabase and _SUPABASES_OWN.fullmatch(schema))
