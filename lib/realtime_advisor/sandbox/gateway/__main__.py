"""The gateway for tests in other languages: `python -m realtime_advisor.sandbox.gateway`.

It makes a database of its own on the embedded server, writes one line of JSON (`url`, `realtime_url`, `anon`: a token),
and then answers each line of JSON that it reads with one line, until its input ends and the database is dropped:

    {"sql": "select 1 as one"}            {"rows": [{"one": 1}]}     as superuser; the last statement's rows
    {"token": {"sub": "7", "seconds": 9}} {"token": "..."}           any other key is a claim
    {"faults": {"delay_seconds": 0.2}}    {}                         attributes of Faults
    {"drop": true}                        {}
    {"settle": true}                      {}
    {"joined": "user:7:things"}           {"joined": 1}
    whatever fails                        {"error": "..."}
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from realtime_advisor.errors import AdvisorError
from realtime_advisor.sandbox.postgres import RunningServer, lease
from realtime_advisor.sandbox.realtime import install

from .gateway import Gateway

Connection = psycopg.Connection[dict[str, Any]]
Answer = Mapping[str, Any]


def main() -> None:
    """Answer commands until the input ends."""
    with (
        lease() as server,
        _own_database(server) as conninfo,
        psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as connection,
        Gateway(conninfo) as gateway,
    ):
        _say({"url": gateway.url, "realtime_url": gateway.realtime_url, "anon": gateway.token()})
        for line in sys.stdin:
            _say(_try(line, gateway, connection))


@contextmanager
def _own_database(server: RunningServer) -> Iterator[str]:
    name = Identifier(f"gateway_{secrets.token_hex(8)}")
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute(SQL("create database {} template template0").format(name))
        conninfo = server.conninfo(name.as_string()[1:-1])
        try:
            with psycopg.connect(conninfo) as inside:
                install(inside)
            yield conninfo
        finally:
            connection.execute(SQL("drop database {} with (force)").format(name))


def _try(line: str, gateway: Gateway, connection: Connection) -> Answer:
    try:
        return _answer(json.loads(line), gateway, connection)
    except (ValueError, TypeError, AttributeError, psycopg.Error, AdvisorError) as error:
        return {"error": str(error)}


def _answer(command: Answer, gateway: Gateway, connection: Connection) -> Answer:
    match command:
        case {"sql": str(sql)}:
            return {"rows": _rows(connection, sql)}
        case {"token": dict(claims)}:
            return {"token": gateway.token(**claims)}
        case {"faults": dict(faults)}:
            for name, value in faults.items():
                setattr(gateway.faults, name, value)
        case {"drop": True}:
            gateway.drop_connections()
        case {"settle": True}:
            gateway.settle()
        case {"joined": str(topic)}:
            return {"joined": gateway.joined(topic)}
        case _:
            raise ValueError("no such command")
    return {}


def _rows(connection: Connection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql.encode(), prepare=False)
    while cursor.nextset():
        pass
    return cursor.fetchall() if cursor.description else []


def _say(answer: Answer) -> None:
    print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
