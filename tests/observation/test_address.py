"""Every spelling of where a database is, and no password in any sentence about it."""

from __future__ import annotations

import pytest

from realtime_advisor.errors import ConnectionFailed
from realtime_advisor.observation.address import Address, parse_address

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD", "PGSERVICE", "PGCONNECT_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:{SECRET}@db.example.com:6543/app",
        f"postgres://ada:{SECRET}@db.example.com:6543/app",
        f"postgresql+psycopg://ada:{SECRET}@db.example.com:6543/app",
        f"postgresql+asyncpg://ada:{SECRET}@db.example.com:6543/app",
        f"postgres+psycopg2://ada:{SECRET}@db.example.com:6543/app",
        f"  postgresql://ada:{SECRET}@db.example.com:6543/app\n",
        f"postgresql://db.example.com:6543/app?user=ada&password={SECRET}",
        f"postgresql:///app?host=db.example.com:6543&user=ada&password={SECRET}",
        f"host=db.example.com port=6543 dbname=app user=ada password={SECRET}",
    ],
)
def test_every_usual_spelling_means_the_same_address(url: str) -> None:
    address = parse_address(url)
    assert (address.server, address.role, address.database) == ("db.example.com:6543", "ada", "app")
    assert address["password"] == SECRET
    assert SECRET not in repr(address)


def test_an_encoded_password_is_decoded_once() -> None:
    assert parse_address("postgresql://ada:p%40ss%2Fw%25rd%3F@db/app")["password"] == "p@ss/w%rd?"


def test_a_question_mark_or_hash_in_the_password_needs_no_encoding() -> None:
    assert parse_address("postgresql://ada:what?#x@db/app?sslmode=require").parameters["password"] == "what?#x"


def test_query_parameters_of_other_drivers_are_left_out_and_libpqs_are_kept() -> None:
    parameters = parse_address(
        "postgres://a:b@db:6543/app?pgbouncer=true&connection_limit=1&sslmode=require"
    ).parameters
    assert parameters["sslmode"] == "require"
    assert not {"pgbouncer", "connection_limit"} & set(parameters)


@pytest.mark.parametrize(
    ("ssl", "sslmode"), [("true", "require"), ("require", "require"), ("verify-full", "verify-full")]
)
def test_asyncpgs_ssl_is_libpqs_sslmode(ssl: str, sslmode: str) -> None:
    assert parse_address(f"postgresql+asyncpg://db/app?ssl={ssl}").parameters["sslmode"] == sslmode


def test_several_hosts_are_understood_in_both_spellings() -> None:
    assert parse_address("postgresql://one:1,two:2/app").server == "one,two:1,2"
    assert parse_address("postgresql+psycopg:///app?host=one:1&host=two:2").server == "one,two:1,2"


def test_an_ipv6_host_is_shown_in_brackets() -> None:
    assert parse_address("postgresql://[2001:db8::7]:6543/app").server == "[2001:db8::7]:6543"


def test_an_empty_url_is_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGHOST": "db", "PGPORT": "6000", "PGUSER": "ada", "PGDATABASE": "app"}.items():
        monkeypatch.setenv(name, value)
    address = parse_address("")
    assert (address.server, address.role, address.database) == ("db:6000", "ada", "app")


def test_the_connection_is_named_and_does_not_wait_for_ever() -> None:
    parameters = parse_address("postgresql://db/app").parameters
    assert (parameters["application_name"], parameters["connect_timeout"]) == ("realtime-advisor", "10")


def test_a_timeout_of_ones_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_address("postgresql://db/app?connect_timeout=3").parameters["connect_timeout"] == "3"
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "4")
    assert parse_address("postgresql://db/app")["connect_timeout"] == "4"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ada:p@{SECRET}@db/app",
        f"postgresql://ada:p/{SECRET}@db/app",
        f"postgresql://ada:{SECRET}",
        f"postgresql://ada:%z{SECRET}@db/app",
        f"postgresql://ada:{SECRET}@db:many/app",
        f"host=db password='{SECRET}",
        f"host=db password={SECRET} {SECRET}",
        SECRET,
    ],
)
def test_a_mistyped_url_gets_one_sentence_that_quotes_nothing_of_it(url: str) -> None:
    with pytest.raises(ConnectionFailed, match="The database URL cannot be read; it should look like") as caught:
        parse_address(url)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_the_placeholder_of_the_dashboard_is_noticed() -> None:
    with pytest.raises(ConnectionFailed, match=r"still holds the placeholder \[YOUR-PASSWORD\]"):
        parse_address("postgresql://postgres:[YOUR-PASSWORD]@db.abc.supabase.co:5432/postgres")


@pytest.mark.parametrize("scheme", ["mysql", "mysql+pymysql", "sqlite", "mssql"])
def test_another_databases_url_is_told_so(scheme: str) -> None:
    with pytest.raises(ConnectionFailed, match=rf"is for {scheme.replace('+', '.')}, not for PostgreSQL") as caught:
        parse_address(f"{scheme}://ada:{SECRET}@db/app")
    assert SECRET not in str(caught.value)


def test_supabases_web_address_is_told_from_its_database_url() -> None:
    with pytest.raises(ConnectionFailed, match="web address, not a database URL"):
        parse_address("https://abc.supabase.co")


def test_an_address_without_anything_still_says_where_it_points() -> None:
    assert Address({"port": "5432"}).server == "(default socket):5432"
