"""What an application takes: the TypeScript of a design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .design import Design


@dataclass(frozen=True, eq=False, repr=False)
class Client(Mapping[str, str]):
    """The TypeScript of one design: file name to text, in order of name.

    `own` are the files that the design decides; the `shared` ones have the same text for every design.
    """

    design: Design
    own: Mapping[str, str]
    shared: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.own[name] if name in self.own else self.shared[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self.own, *self.shared}))

    def __len__(self) -> int:
        return len({*self.own, *self.shared})

    def __repr__(self) -> str:
        return f"Client({self.design.table}: {', '.join(self.own)}; {len(self.shared)} shared files)"
