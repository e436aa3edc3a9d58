"""What a function's text calls: comments do not count, nor do strings, save those that EXECUTE runs."""

from __future__ import annotations

import re
from typing import Final

SEND: Final = "realtime.send"
BROADCAST_CHANGES: Final = "realtime.broadcast_changes"
NOTIFY: Final = "pg_notify"

_MARK: Final = re.compile(
    r"""--[^\n]*|/\*|(?<!\w)[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|\bexecute\b"""
    r"""|(?<![\w$])\$(?P<tag>\w*)\$(?P<body>.*?)\$(?P=tag)\$""",
    re.DOTALL | re.IGNORECASE,
)
_BARE: Final = re.compile("[a-z_][a-z0-9_$]*")
_HANDLER: Final = re.compile(r"\bexception\s+when\b", re.IGNORECASE)
_INSERT: Final = re.compile(r'\binsert\s+into\s+"?realtime"?\s*\.\s*"?messages(?![\w$])', re.IGNORECASE)
_SENDING: Final = re.compile(r'(?<![\w$])"?realtime"?\s*\.\s*"?send"?\s*\(', re.IGNORECASE)
_PUBLIC: Final = re.compile(r"(?:,|=>|:=)\s*false\s*(?:::\s*bool(?:ean)?\s*)?\Z", re.IGNORECASE)
_NOTIFY_STATEMENT: Final = re.compile(r"(?:^|;|\b(?:begin|then|else|loop)\b)\s*notify\s+[\w\"]", re.IGNORECASE)


def executed_text(body: str) -> str:
    """The text without comments, and with strings emptied unless their statement runs them by EXECUTE.

    >>> executed_text("perform f(); -- realtime.send()")
    'perform f(); '
    >>> executed_text("raise notice 'realtime.send()'; execute 'select f()';")
    "raise notice ''; execute  select f() ;"
    """
    kept: list[str] = []
    end, runs_strings = 0, False
    while found := _MARK.search(body, end):
        mark = found[0]
        kept.append(body[end : found.start()])
        end = _end_of_comment(body, found.start()) if mark == "/*" else found.end()
        if not mark.startswith(("--", "/*")):
            runs_strings = mark.lower() == "execute" or (runs_strings and mark != ";")
            kept.append(_without_string(mark, found["body"], runs_strings))
    return "".join(kept) + body[end:]


def _end_of_comment(body: str, start: int) -> int:
    """Where the comment that begins at `start` ends; comments nest."""
    depth = 0
    for found in re.finditer(r"/\*|\*/", body[start:]):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return start + found.end()
    return len(body)


def _without_string(mark: str, dollar_body: str | None, runs: bool) -> str:
    if dollar_body is not None:
        return f" {dollar_body} " if runs else "''"
    if mark.endswith("'"):
        return " {} ".format(mark.lstrip("eE")[1:-1].replace("''", "'")) if runs else "''"
    return mark


def called(text: str, search_path: str | None = None) -> frozenset[str]:
    """Which of the notifying functions an executed text calls; unqualified, where its search_path holds `realtime`.

    A row inserted into realtime.messages by hand is a call of realtime.send.

    >>> sorted(called("perform realtime.send(x); notify y"))
    ['pg_notify', 'realtime.send']
    """
    found = {name for name in (SEND, BROADCAST_CHANGES) if _calls(text, "realtime", name.removeprefix("realtime."))}
    if "realtime" in re.findall(r"\w+", search_path or ""):
        found |= {f"realtime.{name}" for name in ("send", "broadcast_changes") if _calls(text, None, name)}
    if "messages" in text.lower() and _INSERT.search(text):
        found.add(SEND)
    if _calls(text, "pg_catalog", "pg_notify") or _calls(text, None, "pg_notify") or _notifies(text):
        found.add(NOTIFY)
    return frozenset(found)


def _notifies(text: str) -> bool:
    return "notify" in text.lower() and _NOTIFY_STATEMENT.search(text) is not None


def sends_publicly(text: str) -> bool:
    """Whether an executed text calls realtime.send with `false` as its last argument, `private`.

    >>> sends_publicly("perform realtime.send(f(a), e, t, false)")
    True
    >>> sends_publicly("perform realtime.send(f(a, false), e, t)")
    False
    """
    return any(_PUBLIC.search(_arguments(text, found.end())) for found in _SENDING.finditer(text))


def _arguments(text: str, start: int) -> str:
    """What stands between a parenthesis that ends before `start` and the one that closes it."""
    depth = 1
    for found in re.finditer(r"[()]", text[start:]):
        depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return text[start : start + found.start()]
    return text[start:]


def calls_function(text: str, schema: str, name: str) -> bool:
    """Whether an executed text calls a function by its qualified or its bare name.

    >>> calls_function("perform app.tell(new)", "app", "tell"), calls_function("perform other.tell(new)", "app", "tell")
    (True, False)
    """
    return _calls(text, schema, name) or _calls(text, None, name)


def handles_errors(text: str) -> bool:
    """Whether an executed text has an exception handler."""
    return _HANDLER.search(text) is not None


def _calls(text: str, schema: str | None, name: str) -> bool:
    if name.lower() not in text.lower():  # the pattern below is slow
        return False
    opening = rf"(?<![\w$\".]){_spelled(schema)}\s*\.\s*" if schema else r"(?<![\w$\".])(?<!\.\s)"
    return re.search(rf"{opening}{_spelled(name)}\s*\(", text) is not None


def _spelled(name: str) -> str:
    """A pattern for a name as SQL lets it be written: quoted, or in any case where it needs no quotes."""
    quoted = re.escape('"' + name.replace('"', '""') + '"')
    return rf"(?:{quoted}|(?i:{re.escape(name)})(?![\w$]))" if _BARE.fullmatch(name) else quoted
