"""Where a target is: any SQLAlchemy URL, libpq URL or libpq string, turned into libpq's own parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

from psycopg import Error, pq
from psycopg.conninfo import conninfo_to_dict

from realtime_advisor.errors import ConnectionFailed

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+._-]*)://(?P<rest>.*)", re.DOTALL)
_SSL = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
_MALFORMED = (
    "The database URL cannot be read; it should look like postgresql://user:password@host:5432/database, "
    "with characters such as @ : / ? # % in the password written as %40 %3A %2F %3F %23 %25."
)


@dataclass(frozen=True)
class Address:
    """libpq's parameters; only host, port, role and database are ever shown."""

    parameters: Mapping[str, str] = field(repr=False)

    def __getitem__(self, keyword: str) -> str:
        """The parameter, else libpq's default, which knows the environment; '' if there is none."""
        return self.parameters.get(keyword) or _defaults().get(keyword, "")

    @property
    def role(self) -> str:
        return self["user"] or "(the default role)"

    @property
    def database(self) -> str:
        return self["dbname"] or self.role

    @property
    def server(self) -> str:
        """`db.example.com:5432`, the socket's folder and port, or the name of a service."""
        host, port = self["host"] or self["hostaddr"] or "(default socket)", self["port"]
        if self.parameters.get("service") and not self.parameters.get("host"):
            return f"of service {self.parameters['service']}"
        return f"[{host}]:{port}" if host.count(":") > 1 else f"{host}:{port}"

    @property
    def host(self) -> str:
        """The server as others may be told of it: of a socket not its folder, which says whose machine it is.

        >>> parse_address("host=/home/ada/pg").host, parse_address("service=staging").host
        ('a local socket', 'service staging')
        """
        named = self.server.removeprefix("of ")
        return "a local socket" if named.startswith(("/", "@", "(")) else named


def parse_address(url: str) -> Address:
    """The address that `url` means; '' is libpq's own environment.

    Query parameters that libpq does not know, such as Prisma's `pgbouncer=true`, are left out.
    Raises ConnectionFailed, without quoting the URL, when it cannot be read or is not for PostgreSQL.

    >>> parse_address("postgresql+asyncpg://ada:secret@db:6543/app?pgbouncer=true").server
    'db:6543'
    """
    found = _URL.match(url.strip())
    parameters = _parse(url.strip()) if not found else _parse_url(found["scheme"].lower(), found["rest"])
    _require_sane(parameters)
    defaults = {"application_name": "realtime-advisor", "client_encoding": "UTF8"}
    if not _defaults().get("connect_timeout"):
        defaults["connect_timeout"] = "10"
    return Address({**defaults, **parameters})


def _defaults() -> dict[str, str]:
    """What libpq itself would take, PG* variables included."""
    return {option.keyword.decode(): option.val.decode() for option in pq.Conninfo.get_defaults() if option.val}


def _parse(conninfo: str) -> dict[str, str]:
    with suppress(Error, UnicodeError):  # their messages quote the string, password included
        return {key: str(value) for key, value in conninfo_to_dict(conninfo).items()}
    raise ConnectionFailed(_MALFORMED)


def _parse_url(scheme: str, rest: str) -> dict[str, str]:
    if scheme in {"http", "https"}:
        raise ConnectionFailed(
            "That is a web address, not a database URL; the database URL begins with postgresql:// "
            "(on Supabase: the dashboard's Connect button)."
        )
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise ConnectionFailed(
            f"That URL is for {scheme}, not for PostgreSQL; give one that begins with postgresql://."
        )
    head, query = _split_query(rest)
    return {**_parse(f"postgresql://{head}"), **_parse_query(query)}


def _split_query(rest: str) -> tuple[str, str]:
    """What stands before the query, and the query; refuses an unencoded @ or / in the password."""
    end = rest.find("?", max(rest.find("@"), 0))
    head, query = (rest, "") if end < 0 else (rest[:end], rest[end + 1 :])
    if head.count("@") > 1 or "/" in head.rpartition("@")[0]:
        raise ConnectionFailed(_MALFORMED)
    return head, query


def _parse_query(query: str) -> dict[str, str]:
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    pairs = [(unquote(key), unquote(value)) for key, _, value in (item.partition("=") for item in query.split("&"))]
    hosts = [value for key, value in pairs if key == "host"]
    parameters = {key: value for key, value in pairs if key in known and key != "host"}
    for value in (value for key, value in pairs if key == "ssl"):
        parameters.setdefault("sslmode", _SSL.get(value.lower(), value))
    return {**parameters, **_merge_hosts(hosts)}


def _merge_hosts(hosts: list[str]) -> dict[str, str]:
    """SQLAlchemy's `host=a:1&host=b:2` as libpq's lists."""
    named = [re.fullmatch(r"([\w.-]+):(\d+)", host) for host in hosts]
    if hosts and all(named):
        return {"host": ",".join(n[1] for n in named if n), "port": ",".join(n[2] for n in named if n)}
    return {"host": ",".join(hosts)} if hosts else {}


def _require_sane(parameters: Mapping[str, str]) -> None:
    """Refuse what a mistyped URL turns into, before a part of its password is taken for a host or a port."""
    if not re.fullmatch(r"[\d,]*", parameters.get("port", "")):
        raise ConnectionFailed(_MALFORMED)
    if "YOUR-PASSWORD" in parameters.get("password", ""):
        raise ConnectionFailed("The database URL still holds the placeholder [YOUR-PASSWORD]; put the password there.")
