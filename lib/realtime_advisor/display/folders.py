"""Files under their names, to be unfolded; and two views beside one another. Both need no widget, and no style of ours:
Jupyter and GitHub colour the code, on light and on dark pages alike.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .views import Listing

# Side by side where the page is wide enough for two columns of code, else one below the other.
_ROW = '<div style="display:flex;flex-wrap:wrap;column-gap:2em">'
_COLUMN = '<div style="flex:1 1 48em;min-width:0">'
# A long file scrolls, so that what stands below it stays in sight.
_CODE = '<div style="max-height:30em;overflow:auto">'


@dataclass(frozen=True)
class Folder:
    """Files by name, below a sentence; those named in `opened` are unfolded."""

    title: str
    files: tuple[tuple[str, Listing], ...]
    opened: frozenset[str] = frozenset()
    below: str = ""

    @property
    def html(self) -> str:
        return f"<p>{escape(self.title)}</p>{''.join(map(self._unfolding, self.files))}{self._closing}"

    @property
    def markdown(self) -> str:
        """A file's code stands between blank lines, where Markdown counts inside HTML too."""
        files = (
            f"{self._summary(name)}{_CODE}\n\n{listing._repr_markdown_()}\n\n</div></details>"
            for name, listing in self.files
        )
        return "\n\n".join([f"<p>{escape(self.title)}</p>", *files, *filter(None, [self._closing])])

    @property
    def text(self) -> str:
        files = (f"{name}\n\n{listing.text}" for name, listing in self.files)
        return "\n\n".join([self.title, *files, *filter(None, [self.below])])

    def _unfolding(self, file: tuple[str, Listing]) -> str:
        name, listing = file
        return f"{self._summary(name)}{_CODE}{listing.html}</div></details>"

    def _summary(self, name: str) -> str:
        return f"<details{' open' if name in self.opened else ''}><summary><code>{escape(name)}</code></summary>"

    @property
    def _closing(self) -> str:
        return f"<p>{escape(self.below)}</p>" if self.below else ""

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        files = [f"  {name}: {listing!r}" for name, listing in self.files]
        return "\n".join([self.title, *files, *filter(None, [self.below])])


@dataclass(frozen=True)
class Beside:
    """Two folders, left and right."""

    left: Folder
    right: Folder

    @property
    def html(self) -> str:
        return f"{_ROW}{_COLUMN}{self.left.html}</div>{_COLUMN}{self.right.html}</div></div>"

    @property
    def text(self) -> str:
        return f"{self.left.text}\n\n{self.right.text}"

    def _repr_markdown_(self) -> str:
        left, right = self.left.markdown, self.right.markdown
        return f"{_ROW}{_COLUMN}\n\n{left}\n\n</div>\n{_COLUMN}\n\n{right}\n\n</div>\n</div>"

    def __repr__(self) -> str:
        return f"{self.left!r}\n{self.right!r}"
