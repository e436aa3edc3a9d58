"""One colour, one mark and one word for each option and each operation, the same in every table and figure.

The colours are Okabe and Ito's, told apart with any kind of colour vision; the mark and the word say the same again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from realtime_advisor.model import Option, Source

INK: Final = "#1f2328"
FAINT: Final = "#8b949e"
GRID: Final = "#d8dee4"
BAND: Final = "#f3f5f7"
PAPER: Final = "#ffffff"
FONT: Final = "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """How something appears: `mark` is a character, `symbol` the same shape in plotly's spelling."""

    word: str
    colour: str
    mark: str
    symbol: str


OPTIONS: Final = {
    Option.POSTGRES_CHANGES: Look("Postgres Changes", "#0072b2", "■", "square"),
    Option.BROADCAST: Look("Broadcast", "#d55e00", "●", "circle"),
    Option.PRESENCE: Look("Presence", "#009e73", "▲", "triangle-up"),
    Option.NO_REALTIME: Look("No realtime", "#6e7781", "◆", "diamond"),
}

OPERATIONS: Final = {
    "updates": Look("updates", "#cc79a7", "●", "circle"),
    "inserts": Look("inserts", "#56b4e9", "●", "circle"),
    "deletes": Look("deletes", "#4d4d4d", "●", "circle"),
}

BURSTS: Final = ("#d55e00", "#0072b2", "#009e73")

HOLDS: Final = {True: "✓ yes", False: "✗ no", None: "? unknown"}
SOURCES: Final = {
    Source.MEASURED: "measured",
    Source.CATALOG: "in the catalogue",
    Source.INFERRED: "inferred",
    Source.ANSWERED: "answered",
    Source.ASSUMED: "assumed",
}
SYMBOLS: Final = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "is": "=", "in": "one of"}
