"""Which variables are said to be set in vain: those that a person may take for the one that is read."""

from __future__ import annotations

import pytest

from realtime_advisor.observation.environment import find_unread, is_left_empty, names_database, tell_unread

LIKE = (
    *("DATABSE_URL", "DATABASE_URI", "DATABASEURL", "database_url", "DATABASE_URLS", "DATABASE_HOST", "DATABASE"),
    *("DB_URL", "DB_HOST", "POSTGRES_URL", "POSTGRES_URL_NON_POOLING", "POSTGRES_HOST", "SUPABASE_DB_URL"),
    *("POSTGRES_PRISMA_URL", "SQLALCHEMY_DATABASE_URI", "TEST_DATABASE_URL", "PG_HOST", "PGHOSTNAME", "PG_DSN"),
    *("PGUSER", "PGPASSWORD", "PGPORT", "DIRECT_URL"),
)
UNLIKE = (
    *(
        "SUPABASE_URL",
        "SUPABASE_KEY",
        "DIRECT_LINE_URL",
        "PGDATA",
        "PGPASSFILE",
        "PGSERVICEFILE",
        "PGTZ",
        "PGOPTIONS",
        "PGSSLMODE",
        "PGAPPNAME",
        "POSTGRES_PASSWORD",
    ),
    *("HOST", "HOSTNAME", "HISTORY", "MLFLOW_TRACKING_URI", "REDIS_URL", "PAGER", "DBUS_SESSION_BUS_ADDRESS"),
)


@pytest.mark.parametrize("name", LIKE)
def test_a_name_like_those_that_are_read_is_found(name: str) -> None:
    assert find_unread({name: "x"}) == (name,)
    assert not names_database({name: "x"})


@pytest.mark.parametrize("name", UNLIKE)
def test_a_name_that_means_something_else_is_not(name: str) -> None:
    assert find_unread({name: "x"}) == ()


def test_what_is_empty_is_not_set() -> None:
    assert find_unread({"DATABSE_URL": " "}) == ()
    assert not names_database({"DATABASE_URL": " "})


@pytest.mark.parametrize(
    ("environ", "empty"),
    [
        ({"DATABASE_URL": ""}, True),
        ({"DATABASE_URL": " "}, True),
        ({"DATABASE_URL": "", "PGHOST": ""}, True),
        ({"DATABASE_URL": "", "PGHOST": "db"}, False),
        ({"DATABASE_URL": "x"}, False),
        ({"PGHOST": ""}, False),
        ({}, False),
    ],
)
def test_an_address_left_empty_is_told_from_none(environ: dict[str, str], empty: bool) -> None:
    assert is_left_empty(environ) is empty


def test_many_are_told_in_one_sentence() -> None:
    told = tell_unread(find_unread(dict.fromkeys(("DB_URL", "PGUSER", "PGPORT", "POSTGRES_URL"), "x")))
    assert told == (
        "DB_URL, PGPORT, PGUSER and 1 more are set and name no database here: DATABASE_URL does "
        "(or PGHOST, PGSERVICE, PGDATABASE)"
    )
