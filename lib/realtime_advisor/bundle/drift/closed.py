"""Schemas that a check's role may not use: all of them at once, since the server names only the first it meets."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg.sql import SQL, Identifier

from realtime_advisor.display.wording import say_list
from realtime_advisor.errors import MissingPrivilege
from realtime_advisor.generation.quoting import quote_literal
from realtime_advisor.model import TableName
from realtime_advisor.observation.target import Target


def tell_closed(target: Target, scripts: Iterable[str], refused: MissingPrivilege) -> str:
    """The sentence on why the scripts could not be run, with every grant of USAGE that they lack. Raises AdvisorError.

    It is the server's own where that names all there is.
    """
    texts = tuple(scripts)
    closed = [row.name for row in target.read("closed_schemas") if any(_names(text, row.name) for text in texts)]
    if len(closed) < 2:
        return str(refused)
    role = target.server.role
    grants = [SQL("grant usage on schema {} to {};").format(Identifier(name), Identifier(role)) for name in closed]
    return (
        f"Role {role} may not use the schemas {say_list(closed, most=len(closed))}; have their owners run: "
        f"{' '.join(grant.as_string() for grant in grants)}"
    )


def _names(script: str, schema: str) -> bool:
    """Whether a script looks something up by a name of the schema, as to_regclass('billing.invoices') does."""
    begin = quote_literal(str(TableName(schema, "x")).removesuffix("x")).removesuffix("'")
    return any(f"to_reg{kind}({form}{begin}" in script for kind in ("class", "procedure") for form in ("", "E"))
