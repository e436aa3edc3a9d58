"""Text as it is, with nothing in it that hides or turns what stands beside it."""

from __future__ import annotations

import re
from typing import Final

# Control characters, and those that turn the direction of all that follows: a name may hold them.
_HIDING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)


def make_visible(text: str) -> str:
    """The text with characters that nobody sees spelled out.

    >>> make_visible("orders"), make_visible("or\\u202eders")
    ('orders', 'or⟨U+202E⟩ders')
    """
    return _HIDING.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
