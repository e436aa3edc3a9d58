"""Who may listen: one entitlement function for each way of being entitled, one policy for each topic."""

from __future__ import annotations

from typing import Final

from realtime_advisor.model import Emission, Entitlement, TableName
from realtime_advisor.model.design import TOPIC_PATTERN

from .entitlement import condition_clauses, condition_facts, family, is_exact, is_text, needs_encoding, variable_type
from .naming import hashed_name
from .quoting import qualified, quote_ident, quote_literal
from .rendering import Fragment, Remark, Value, fragment
from .topics import around_id, make_topic

_SUB: Final = "(auth.jwt() ->> 'sub')"


def entitlement_name(emission: Emission) -> str:
    """The same name for the same entitlement, whichever table's script needs it."""
    scope, entitlement = emission.scope, _entitlement(emission)
    facts = (scope.label, family(scope.key_type), entitlement.kind, entitlement.user_type, str(entitlement.membership))
    columns = (*entitlement.scope_columns, "|", str(entitlement.user_column), "|", str(emission.principal_key))
    path = tuple(f"{hop.table} {hop.columns} {hop.references} {hop.referenced_columns}" for hop in entitlement.path)
    start = (str(scope.principal),) if entitlement.path else ()
    read_by = () if emission.pattern == TOPIC_PATTERN else (emission.pattern,)
    counting = condition_facts(entitlement)
    onward = entitlement.login
    login = (str(onward.references), str(onward.referenced_columns), str(entitlement.login_column)) if onward else ()
    return hashed_name(f"may_read_{scope.label}", *facts, *columns, *start, *path, *read_by, *counting, *login)


def entitlement_function(emission: Emission) -> Fragment:
    """CREATE FUNCTION: whether the bearer of the token may listen to a topic of this scope."""
    scope, entitlement = emission.scope, _entitlement(emission)
    name = entitlement_name(emission)
    values: dict[str, Value] = {
        "function": name,
        **_around_id(emission),
        "scope_type": Fragment(variable_type(scope.key_type)),
        **_spelling(scope.key_type),
        "user_type": Fragment(variable_type(entitlement.user_type)),
        "purpose": Remark((_purpose(emission, entitlement),)),
        "grants": fragment("grants", {"function": name}),
    }
    if entitlement.kind == "self":
        same = family(scope.key_type) == family(entitlement.user_type)
        is_self = "scope_id = user_id" if same else "scope_id::text = user_id::text"
        spelled = f" and {_SUB} = user_id::text" if _has_spellings(entitlement) else ""
        named = " and user_id <> ''" if _may_be_empty(entitlement) else ""
        return fragment("entitlement_self", {**values, "is_self": Fragment(is_self + spelled + named)})
    misspelled = f" or {_SUB} is distinct from user_id::text" if _has_spellings(entitlement) else ""
    nobody = "\n    -- An empty sub names nobody.\n    or user_id = ''" if _may_be_empty(entitlement) else ""
    looked_up = {**_look_up(emission, entitlement), "or_nobody": Fragment(misspelled + nobody)}
    return fragment("entitlement_membership", {**values, **looked_up})


def _has_spellings(entitlement: Entitlement) -> bool:
    """Whether several texts are the same key: 7, +7 and 0x7. Whoever issues the tokens may take them for several."""
    return family(entitlement.user_type) == "integer"


def _may_be_empty(entitlement: Entitlement) -> bool:
    """Whether '' is a key of the type. A token whose sub is empty names nobody, whatever the rows hold."""
    return variable_type(entitlement.user_type) == "text"


def _around_id(emission: Emission) -> dict[str, Fragment]:
    """The text before the id and behind it, as expressions of the function's parameter `entity`."""
    before, behind = around_id(emission.pattern, emission.scope.label)
    texts = {"opening": "".join(f"{word}:" for word in before), "closing": "".join(f":{word}" for word in behind)}
    return {name: Fragment(_with_entity(text)) for name, text in texts.items()}


def _with_entity(text: str) -> str:
    pieces = text.split("{entity}")
    literals = [quote_literal(piece) if piece else "" for piece in pieces]
    return " || entity || ".join(literals).removeprefix(" || ").removesuffix(" || ") or quote_literal("")


def _spelling(key_type: str) -> dict[str, Value]:
    """How the id is read out of a topic, and how it is spelled there."""
    word = "substr(topic, length(opening) + 1, length(topic) - length(opening) - length(closing))"
    if not needs_encoding(key_type):
        return {"parsed": Fragment(f"{word}::{variable_type(key_type)}"), "canonical": Fragment("scope_id::text")}
    return {
        "parsed": Fragment(f"realtime_advisor.decode_id(\n  {word}\n)"),
        "canonical": Fragment("realtime_advisor.encode_id(scope_id)"),
    }


def tables_read(emission: Emission) -> tuple[TableName, ...]:
    """The tables in which the emission's functions look up its scope and its members."""
    entitlement = _entitlement(emission)
    between = [hop.references for hop in emission.scope.path] + [hop.table for hop in entitlement.path]
    members = (entitlement.membership, *((entitlement.login.references,) if entitlement.login else ()))
    return (*between, *(name for name in members if name))


def told_line(emission: Emission) -> str:
    """How a broadcasting function's comment names a topic, with the function that lets its readers in.

    A shared policy goes with the last table whose comment has its line.
    """
    return f"{emission.topic} for {entitlement_name(emission)}"


def _entitlement(emission: Emission) -> Entitlement:
    entitlement = emission.scope.entitlement
    if entitlement is None:
        raise ValueError(f"the emission to {emission.topic} has no entitlement")
    return entitlement


def _purpose(emission: Emission, entitlement: Entitlement) -> str:
    label = emission.scope.label
    topic = make_topic(emission.pattern, label, "<entity>")
    if entitlement.kind == "self":
        return f"Whether a topic {topic} is the caller's own: its id is the sub of the caller's token."
    return (
        f"Whether the caller may listen to a topic {topic}: a row of {entitlement.membership} pairs the "
        f"{label}{' (through its tenant)' if entitlement.path else ''} with the sub of the caller's token"
        f"{', and says that it counts' if entitlement.conditions else ''}."
    )


def _look_up(emission: Emission, entitlement: Entitlement) -> dict[str, Fragment]:
    """FROM and WHERE: from the scope's own table along the path to the membership, or the membership alone."""
    scope, membership = emission.scope, entitlement.membership
    if membership is None or entitlement.user_column is None:
        raise ValueError(f"the membership of {emission.topic} is incomplete")
    user = _compared(*_bearer(entitlement, entitlement.user_column), entitlement.user_type)
    if not entitlement.path or scope.principal is None or emission.principal_key is None:
        looked_up = _compared("member", entitlement.scope_columns[0], scope.key_type)
        source = f"{qualified(membership)} as member"
    else:
        looked_up = _compared("scope_1", emission.principal_key, scope.key_type)
        source = _path_to_member(scope.principal, entitlement, membership)
    source += _join_bearer(entitlement)
    clauses = (f"{looked_up} = scope_id", f"{user} = user_id", *condition_clauses("member", entitlement))
    return {"source": Fragment(source), "condition": Fragment("\n  and ".join(clauses))}


def _bearer(entitlement: Entitlement, user_column: str) -> tuple[str, str]:
    """The row, and its column, that holds the sub: the membership's own, or the user's."""
    return ("bearer", entitlement.login_column) if entitlement.login_column else ("member", user_column)


def _join_bearer(entitlement: Entitlement) -> str:
    """The join of the user's own row, where the membership does not hold the sub itself."""
    login = entitlement.login
    if login is None:
        return ""
    on = _pairs("bearer", login.referenced_columns, "member", login.columns)
    return f"\njoin {qualified(login.references)} as bearer on {on}"


def _path_to_member(principal: TableName, entitlement: Entitlement, membership: TableName) -> str:
    lines = [f"{qualified(principal)} as scope_1"]
    for number, hop in enumerate(entitlement.path[:-1], start=1):
        on = _pairs(f"scope_{number + 1}", hop.referenced_columns, f"scope_{number}", hop.columns)
        lines.append(f"join {qualified(hop.references)} as scope_{number + 1} on {on}")
    last = f"scope_{len(entitlement.path)}"
    on = _pairs("member", entitlement.scope_columns, last, entitlement.path[-1].columns)
    return "\n".join([*lines, f"join {qualified(membership)} as member on {on}"])


def _pairs(left: str, left_columns: tuple[str, ...], right: str, right_columns: tuple[str, ...]) -> str:
    pairs = zip(left_columns, right_columns, strict=True)
    return " and ".join(f"{left}.{quote_ident(one)} = {right}.{quote_ident(other)}" for one, other in pairs)


def _compared(row: str, column: str, type_name: str) -> str:
    """A key beside its parsed value; as text where its type is not ours to name."""
    is_known = is_exact(type_name) or is_text(type_name)
    return f"{row}.{quote_ident(column)}" if is_known else f"{row}.{quote_ident(column)}::text"
