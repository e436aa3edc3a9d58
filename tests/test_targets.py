"""What is said of the database that connect() chose, where it may not be the one that was meant."""

from __future__ import annotations

import pytest

from realtime_advisor.errors import BadInput
from realtime_advisor.targets import connect, is_workshop, require_no_unread

SECRET = "s3cr3t-of-ada"
URL = f"postgresql://ada:{SECRET}@db.example.com/app"
EMPTY = (
    "DATABASE_URL is empty, and neither it nor PGHOST and its like say which database to look at: set DATABASE_URL, in "
    "CI from a secret that is there and not empty; for the embedded workshop database, unset it."
)


def test_a_misspelt_setting_is_told_by_name_and_the_workshop_is_opened(capsys: pytest.CaptureFixture[str]) -> None:
    target = connect(environ={"DATABSE_URL": URL})
    assert is_workshop(target)
    target.close()
    told = capsys.readouterr()
    assert told.err == (
        "DATABSE_URL is set and names no database here: DATABASE_URL does (or PGHOST, PGSERVICE, PGDATABASE). "
        "This is the embedded workshop database.\n"
    )
    assert told.out == ""


def test_nothing_is_said_of_a_like_name_where_a_database_is_named(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(environ={"DATABASE_URL": database, "DATABSE_URL": URL}).close()
    connect(database, environ={"DATABSE_URL": URL}).close()
    connect(environ={}).close()
    assert capsys.readouterr() == ("", "")


def test_a_run_that_nobody_watches_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        require_no_unread({"POSTGRES_URL": URL, "PGUSER": "ada"})
    said = str(caught.value)
    assert said.startswith("PGUSER and POSTGRES_URL are set and name no database here: DATABASE_URL does")
    assert said.endswith("for the embedded workshop database, unset PGUSER and POSTGRES_URL.")
    assert SECRET not in said
    require_no_unread({"POSTGRES_URL": URL, "DATABASE_URL": URL})


@pytest.mark.parametrize("address", ["", " "])
def test_an_address_left_empty_is_refused_where_nobody_watches(address: str) -> None:
    with pytest.raises(BadInput) as caught:
        require_no_unread({"DATABASE_URL": address})
    assert str(caught.value) == EMPTY
    require_no_unread({"DATABASE_URL": address, "PGHOST": "db.example.com"})
    require_no_unread({})
