"""What people see while a notebook runs and files do not keep, because it differs from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import ipywidgets


@dataclass(frozen=True)
class Live:
    """A sentence that is shown in a running notebook; stored is only that there was one."""

    sentence: str

    @property
    def html(self) -> str:
        return f"<p>{escape(self.sentence)}</p>"

    @property
    def text(self) -> str:
        return self.sentence

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        shown = ipywidgets.HTML(f'<div class="jp-RenderedHTMLCommon">{self.html}</div>')
        return {**shown._repr_mimebundle_(**options), "text/plain": "(a figure that differs from run to run)"}

    def __repr__(self) -> str:
        return self.sentence
