"""A proof in words and tables: how far a script may be trusted, what was tried, and what arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from realtime_advisor.model import Delivery, Design, Proof, ProofStatus, Step, TableName

from .badges import proof_badge
from .designs import show_design
from .live import Live
from .palette import Look
from .truth_figures import draw_truth
from .views import Badge, Sheet, Stack, View, Words
from .wording import say_count, say_list, say_table

_SHORT: Final = 100  # characters of a cell
_LONGEST: Final = 400
_MOST_ALIKE: Final = 2  # messages of a step
_HOLDS: Final = {
    True: Look("as expected", "#009e73", "✓", "circle"),
    False: Look("otherwise", "#d55e00", "✗", "x"),
    None: Look("not tried", "#6e7781", "–", "circle-open"),
}


def show_proof(proof: Proof) -> Stack:
    """What was tried and seen, who may join what, the messages as they arrived, and, live only, how long it took."""
    views: list[View] = [_headline(proof)]
    if proof.steps:
        views.append(show_steps(proof.steps))
    if proof.cells:
        views += draw_truth(proof).views
    if proof.deliveries:
        views.append(show_deliveries(proof.deliveries, proof.steps))
    if proof.steps:
        views.append(Live(_tell_time(proof)))
    return Stack(tuple(views))


def show_proved_design(design: Design, proof: Proof) -> Stack:
    """The design, and below it in one line how far its script may be trusted; live only, how long the proof took."""
    took = (Live(_tell_time(proof)),) if proof.steps else ()
    return Stack((show_design(design), _headline(proof), *took))


def _headline(proof: Proof) -> Words:
    substitutes = tuple(f"- {sentence}" for sentence in proof.substitutes)
    return Words((f"{say_table(proof.table)}: {proof_badge(proof)}. {proof.reason}", *substitutes))


def show_steps(steps: Sequence[Step]) -> Sheet:
    """Each step with what was expected and what was observed, in the order they were tried; long texts are cut."""
    rows = tuple((Badge(_HOLDS[step.holds]), step.sentence, *_seen(step)) for step in steps)
    return Sheet(tell_steps(steps), ("", "tried", "expected", "observed"), rows)


def _seen(step: Step) -> tuple[str, str]:
    """What went as expected is told in short: the messages themselves are listed elsewhere."""
    room = _SHORT if step.holds else _LONGEST
    return _cut(step.expected, room), "the same" if step.observed == step.expected else _cut(step.observed, room)


def _cut(text: str, room: int) -> str:
    """The text, as far as a cell has room.

    >>> _cut("a message", 9), _cut("two messages", 9)
    ('a message', 'two mess…')
    """
    return text if len(text) <= room else f"{text[: room - 1]}…"


def tell_steps(steps: Sequence[Step]) -> str:
    """How many steps there were, and how they went."""
    counts = {holds: sum(step.holds is holds for step in steps) for holds in _HOLDS}
    told = [f"{count} {_HOLDS[holds].word}" for holds, count in counts.items() if count]
    return f"{say_count(len(steps), 'step')}: {say_list(told)}."


def show_deliveries(deliveries: Sequence[Delivery], steps: Sequence[Step] = ()) -> Sheet:
    """The messages as they arrived, of each step the first few."""
    sentences = {step.name: step.sentence for step in steps}
    rows: list[tuple[str, ...]] = []
    for name in dict.fromkeys(each.step for each in deliveries):
        arrived = [each for each in deliveries if each.step == name]
        heads = [sentences.get(name, name.replace("_", " ")), *[""] * len(arrived)]
        rows += [(head, *_arrived(each)) for head, each in zip(heads, arrived[:_MOST_ALIKE], strict=False)]
        if more := len(arrived[_MOST_ALIKE:]):
            rows.append(("", f"and {more:,} more", "", "", ""))
    title = f"{say_count(len(deliveries), 'message')} arrived:"
    return Sheet(title, ("when", "topic", "event", "payload", "channel"), tuple(rows))


def _arrived(delivery: Delivery) -> tuple[str, ...]:
    return (delivery.topic, delivery.event, delivery.payload, "private" if delivery.private else "public")


def _tell_time(proof: Proof) -> str:
    slowest = max(proof.steps, key=lambda step: step.seconds)
    joins = (
        "" if proof.join_milliseconds is None else f" A join took {proof.join_milliseconds:.2g} ms at 100,000 members."
    )
    return f"This took {proof.seconds:.2g} s; the longest step, {slowest.name}, {slowest.seconds:.2g} s.{joins}"


def show_proofs(proofs: Mapping[TableName, Proof]) -> Sheet:
    """Each table's proof in one line, those that are not proved first."""
    order = (ProofStatus.NOT_PROVED, ProofStatus.SUBSTITUTED, ProofStatus.PROVED)
    told = sorted(proofs.values(), key=lambda proof: (order.index(proof.status), proof.table))
    counts = ((sum(proof.status is status for proof in told), status.value) for status in reversed(order))
    title = f"{say_count(len(told), 'script')}: {say_list(f'{count} {word}' for count, word in counts if count)}."
    rows = tuple(
        (say_table(proof.table), proof_badge(proof), str(len(proof.steps)), f"{len(proof.cells):,}", proof.reason)
        for proof in told
    )
    columns = ("table", "proof", "steps", "answers", "because")
    return Sheet(title if told else "No script was tried.", columns, rows, frozenset({"steps", "answers"}))
