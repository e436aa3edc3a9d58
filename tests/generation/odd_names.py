"""Names and ids that somebody may have chosen with bad intent, or without thinking."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import strategies as st

_PIECES = (
    *(
        '"',
        "'",
        "$$",
        "$function$",
        ";",
        "--",
        "/*",
        "*/",
        "\\",
        "\n",
        "\r",
        "%",
        "_",
        ":",
        "<id>",
        "<action>",
        " ",
        ".",
    ),
    *(
        ":'value'",
        ':"name"',
        ":[fragment]",
        "{}",
        "%s",
        "%(x)s",
        "}",
        "ß",
        "日本",
        "Order",
        "select",
        "user",
        "new_rows",
    ),
    *(
        "topics",
        "keys",
        "change",
        "changed",
        "told",
        "scope_id",
        "side",
        "a",
        "B",
        "é",
        "\t",
        "'; drop table victim; --",
    ),
)
_TEXT = st.lists(st.sampled_from(_PIECES) | st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).map(
    "".join
)

names = (_TEXT | st.just("x" * 63) | st.just("é" * 31)).filter(lambda name: 0 < len(name.encode()) <= 63)
# A label takes up to 80 bytes of a topic's 246, a table's name as many, and an encoded byte takes three.
ids = _TEXT.filter(lambda key: len(quote(key, safe="")) <= 84)
