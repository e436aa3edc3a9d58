"""A proof in a dossier: how far the script may be trusted, what was tried, who may join what, and what arrived."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from realtime_advisor.display.proofs import show_deliveries, show_steps, tell_steps
from realtime_advisor.display.truth_grids import ANSWERS, TruthGrid, answer, make_grids, shorten
from realtime_advisor.display.views import Words
from realtime_advisor.display.wording import say_count
from realtime_advisor.model import Proof

from .report_views import Answer, Block, Fold, Grid

_LONGEST_USER: Final = 30


def describe_proof(proof: Proof | None, *, full: bool) -> Iterator[Block]:
    """The proof's sentence; in `full`, each step, answer and message. No durations."""
    if proof is None:
        yield _words("Not proved: no script of it was run in the sandbox.")
        return
    yield _words(f"{proof.status.value.capitalize()}. {proof.reason}", *(f"- {said}" for said in proof.substitutes))
    if not full:
        yield from _failures(proof)
        return
    if proof.steps:
        yield _fold(
            tell_steps(proof.steps).rstrip("."),
            Block("sheet", replace(show_steps(proof.steps), title="")),
            open_=bool(proof.failures),
        )
    if proof.cells:
        yield _fold("Who may join what", *_grids(proof))
    if proof.deliveries:
        title = say_count(len(proof.deliveries), "message")
        sheet = replace(show_deliveries(proof.deliveries, proof.steps), title="")
        yield _fold(f"{title}, as they arrived", Block("sheet", sheet))


def _words(*paragraphs: str) -> Block:
    return Block("words", Words(paragraphs))


def _fold(title: str, *blocks: Block, open_: bool = False) -> Block:
    return Block("fold", Fold(title, blocks, open_))


def _failures(proof: Proof) -> Iterator[Block]:
    if proof.failures:
        yield Block("sheet", show_steps(proof.failures))


def _grids(proof: Proof) -> Iterator[Block]:
    grids, denied = make_grids(proof)
    yield from (Block("grid", _grid(grid)) for grid in grids)
    if denied:
        yield _words(denied)


def _grid(grid: TruthGrid) -> Grid:
    seen = {answer(cell) for cell in grid.cells}
    return Grid(
        title=grid.sentence,
        users=tuple(shorten(user, _LONGEST_USER) for user in grid.users),
        rows=tuple((shorten(topic), tuple(_answer(grid, topic, user) for user in grid.users)) for topic in grid.topics),
        key=tuple(look for look in ANSWERS if look in seen),
        below=grid.below,
    )


def _answer(grid: TruthGrid, topic: str, user: str) -> Answer | None:
    cell = grid.answers.get((topic, user))
    return Answer(answer(cell), cell.error or "") if cell else None
