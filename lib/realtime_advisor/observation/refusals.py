"""What psycopg, PostgreSQL and poolers say when they refuse, turned into one sentence without a secret."""

from __future__ import annotations

import re

from psycopg import Error, errors
from psycopg.sql import SQL, Identifier

from realtime_advisor.errors import AdvisorError, ConnectionFailed, MissingPrivilege

from .address import Address

# {server} is host and port, {who} role and database, {words} the refusal's own. The first pattern found decides:
# the order matters where one message holds several.
_CONNECTING: tuple[tuple[str, str], ...] = (
    (
        r"Tenant or user not found|tenant/user",
        "The pooler {server} does not know user {role}; on Supabase's pooler the user is postgres.<project>, and the "
        "host must be of the project's region: copy the URL from the dashboard's Connect button.",
    ),
    (
        r"no password supplied",
        "The server {server} wants a password for {who}, and none was given; put it into the URL, PGPASSWORD or "
        "~/.pgpass.",
    ),
    (
        r"password authentication failed|SASL authentication failed|auth(entication)? failed|no such user",
        "The server {server} refuses the user name or the password of {who}; check both.",
    ),
    (
        r'role ".*" does not exist',
        "The server {server} has no role {role} (for database {database}); check the user name in the URL.",
    ),
    (
        r'database ".*" does not exist|no such database',
        "The server {server} has no database {database} (for role {role}); check the name at the end of the URL.",
    ),
    (
        r"permission denied for database",
        "Role {role} may not connect to database {database} on {server}; have its owner run "
        '"grant connect on database {database} to {role}".',
    ),
    (r"not permitted to log in", "Role {role} may not log in to {server}; use a role that has LOGIN."),
    (
        r"does not support SSL",
        "The server {server} does not speak SSL, which the URL or PGSSLMODE demands for {who}; use sslmode=prefer "
        "if that is acceptable.",
    ),
    (
        r"^(?!.*(SSL encryption|SSL on|\[local\])).*pg_hba\.conf.*(no encryption|SSL off)"
        r"|SSL (connection is )?required",
        "The server {server} wants an SSL connection for {who}; add ?sslmode=require to the URL.",
    ),
    (
        r"pg_hba\.conf",
        "The server {server} admits no connection from here for {who}; have an entry added to its pg_hba.conf.",
    ),
    (
        r"certificate",
        "The SSL certificate of {server} could not be verified for {who} ({words}); check sslrootcert and sslmode.",
    ),
    (
        r"unsupported startup parameter",
        "The pooler {server} refuses a start-up parameter for {who} ({words}); take it out of the URL or PGOPTIONS.",
    ),
    (
        r"too many connections|too many clients|connection slots|no more connections allowed|[Mm]ax client connections",
        "The server {server} has no free connection for {who}; try again later, or close some.",
    ),
    (
        r"query_wait_timeout|server login|server_login_retry|cannot connect to server|connect failed",
        "The pooler {server} has no connection to its own PostgreSQL server for {who} ({words}); try again later.",
    ),
    (
        r"starting up|shutting down|recovery mode|not accepting connections",
        "The server {server} takes no connections just now for {who} ({words}); try again in a moment.",
    ),
    (
        r'definition of service ".*" not found|service file',
        "The service named in the URL or in PGSERVICE cannot be found ({words}); check the service file "
        "(~/.pg_service.conf or PGSERVICEFILE).",
    ),
    (
        r"failed to resolve host|could not translate host name",
        "No address is known for the host of {server} ({who}); check its spelling and your network.",
    ),
    (
        r"timeout expired|timed out",
        "The server {server} does not answer ({who}); check host, port and firewall.",
    ),
    (
        r"Connection refused|No such file or directory",
        "No server listens at {server} ({who}); check host and port, and that it runs.",
    ),
    (
        r"unreachable|No route to host",
        "The server {server} cannot be reached from this network ({who}); a Supabase project's direct host answers "
        "over IPv6 only: use the pooler's URL.",
    ),
    (
        r"server closed the connection unexpectedly|invalid response|unsupported protocol|expected authentication",
        "What listens at {server} does not answer as PostgreSQL does ({who}); check host and port.",
    ),
    (
        r"invalid .* (value|number|option)",
        "A setting in the database URL, string or PG* environment means nothing ({words}; {who}); correct it.",
    ),
    (r"", "The server {server} refuses {who} ({words}); check the URL."),
)
_PRIVILEGES = re.compile("permission denied for database|not permitted to log in")


def explain_connecting(error: Error, address: Address) -> AdvisorError:
    """The sentence for a connection that could not be made."""
    text = str(error).partition("Multiple connection attempts failed")[0]
    sentence = next(sentence for pattern, sentence in _CONNECTING if re.search(pattern, text, re.DOTALL))
    kind = MissingPrivilege if _PRIVILEGES.search(text) else ConnectionFailed
    return kind(_fill(sentence, address, _words(text)))


def explain_reading(error: Error, address: Address, query: str) -> AdvisorError:
    """The sentence for a query that failed; `query` is the name of its file."""
    words = error.diag.message_primary or _words(str(error))
    if isinstance(error, errors.InsufficientPrivilege):
        sentence = "Role {role} may not read the catalogue of database {database} on {server} ({words}); "
        return MissingPrivilege(f"{_fill(sentence, address, words)}{_remedy(words, address.role)}")
    if isinstance(error, errors.QueryCanceled):
        sentence = f"Reading {query} from {{server}} took too long ({{who}}; {{words}}); try again when it is idle."
        return AdvisorError(_fill(sentence, address, words))
    if error.sqlstate is None or error.sqlstate.startswith(_LOST):
        sentence = "The connection to {server} was lost ({who}; {words}); check that the server runs, and try again."
        return ConnectionFailed(_fill(sentence, address, words))
    sentence = f"The server {{server}} could not answer the query {query} for {{who}} ({{words}}); report this."
    return AdvisorError(_fill(sentence, address, words))


def _remedy(words: str, role: str) -> str:
    """What is to be granted, as SQL where the server names a schema: names in it cannot be read without."""
    schema = re.fullmatch(r"permission denied for schema (.+)", words, re.DOTALL)
    if not schema:
        return "grant it that."
    grant = SQL("grant usage on schema {} to {};").format(Identifier(schema[1]), Identifier(role))
    return f"have the schema's owner run: {grant.as_string()}"


# SQLSTATEs: connection exception, shutdown, too many connections, idle in transaction, pgbouncer's own.
_LOST = ("08", "57P", "533", "25P03")


def _fill(sentence: str, address: Address, words: str) -> str:
    role, database = address.role, address.database
    who = f"role {role} on database {database}"
    return sentence.format(server=address.server, role=role, database=database, who=who, words=words)


def _words(text: str) -> str:
    """The last line that the server or libpq wrote of its own, without libpq's preamble.

    >>> _words('connection to server at "::1", port 5432 failed: FATAL:  the database system is starting up')
    'the database system is starting up'
    """
    lines = [line for line in text.splitlines() if line.strip() and not re.match(r"(DETAIL|HINT|CONTEXT|LINE)\b", line)]
    last = re.sub(r"^.*(\bfailed|\bis bad): (?=\S)", "", lines[-1] if lines else "no reason given")
    return re.sub(r"^(FATAL|ERROR):\s*", "", last).strip().rstrip(".")
