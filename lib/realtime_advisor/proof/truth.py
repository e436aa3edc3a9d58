"""The truth table: who may join what, asked as Realtime asks, beside what the rows say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from realtime_advisor.model import Cell
from realtime_advisor.sandbox.asking import authorize_all
from realtime_advisor.sandbox.realtime import Claims

from .entitled import listeners, topic_of
from .scene import Outcome, Scene
from .world import PEOPLED, STRANGER, TWO

_SHOWN = 3


@dataclass(frozen=True)
class Asker:
    """Somebody with a token; `sub` is the text by which the rows may know them, None where they cannot."""

    name: str
    claims: Claims | None
    sub: str | None = None
    bypasses: bool = False


def fill_truth_table(scene: Scene) -> None:
    """Ask all questions, once: the checks below read the answers."""
    legitimate = _legitimate(scene)
    alike = [topic for topic in _look_alikes(legitimate) if topic not in legitimate]
    for asker, topics in _questions(scene, list(legitimate), alike):
        answers = authorize_all(scene.stage.connection, topics, asker.claims, as_admin=scene.sampled is None)
        for topic, access in zip(topics, answers, strict=True):
            for extension in ("broadcast", "presence"):
                for action in ("read", "write"):
                    observed = bool(getattr(access, f"{extension}_{action}"))
                    expected = _expected(legitimate, asker, topic, extension, action)
                    shown = topic if len(topic) < 300 else f"{topic[:40]}... ({len(topic)} characters)"
                    scene.cells.append(Cell(asker.name, shown, extension, action, expected, observed, access.error))


def members_may_join(scene: Scene) -> Outcome:
    """Whoever the rows entitle may do on the topic what the design says, and no more."""
    return _summary([cell for cell in scene.cells if cell.expected])


def others_may_not_join(scene: Scene) -> Outcome:
    """Strangers, former and future members, visitors and bearers of odd tokens may not read a topic that is told."""
    topics = set(_legitimate(scene))
    return _summary(
        [cell for cell in scene.cells if not cell.expected and cell.topic in topics and _reads(scene, cell)]
    )


def other_extensions_are_refused(scene: Scene) -> Outcome:
    """Nobody may send, or use an extension that the design does not speak of."""
    topics = set(_legitimate(scene))
    wrong = [cell for cell in scene.cells if not cell.expected and cell.topic in topics and not _reads(scene, cell)]
    return _summary(wrong)


def look_alike_topics_are_refused(scene: Scene) -> Outcome:
    """Nobody may join a topic that only looks like one that is told."""
    topics = set(_legitimate(scene))
    return _summary([cell for cell in scene.cells if not cell.expected and cell.topic not in topics])


def no_policy_raises(scene: Scene) -> Outcome:
    """No question ends in an error: one in any policy would deny every topic to that user."""
    broken = [cell for cell in scene.cells if cell.error]
    expected = f"no error in {len(scene.cells)} answers"
    if not broken:
        return Outcome(expected, "no error", bool(scene.cells))
    first = broken[0]
    return Outcome(expected, f"{len(broken)} errors, such as {first.who} on {first.topic!r}: {first.error}", False)


CHECKS = (
    members_may_join,
    others_may_not_join,
    other_extensions_are_refused,
    look_alike_topics_are_refused,
    no_policy_raises,
)


def _reads(scene: Scene, cell: Cell) -> bool:
    return cell.action == "read" and cell.extension == ("presence" if scene.design.presence else "broadcast")


def _summary(cells: list[Cell]) -> Outcome:
    wrong = [cell for cell in cells if cell.observed is not cell.expected]
    word = "allowed" if cells and cells[0].expected else "refused"
    expected = f"{word} in all of {len(cells)} cells"
    if not wrong:
        return Outcome(expected, f"{word} in all", bool(cells))
    shown = [
        f"{cell.who} may{'' if cell.observed else ' not'} {cell.action} {cell.extension} of {cell.topic!r}"
        for cell in wrong
    ]
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    return Outcome(expected, "; ".join([*shown[:_SHOWN], *more]), False)


@dataclass(frozen=True)
class Joinable:
    """Who may do what on one topic that is told or tracked on."""

    extension: str
    subs: frozenset[str]
    actions: tuple[str, ...]
    around: tuple[str, str]  # what stands before the id and behind it


Legitimate = Mapping[str, Joinable]


def _legitimate(scene: Scene) -> Legitimate:
    """The topics that somebody may join."""
    found: dict[str, Joinable] = {}
    rows = scene.rows_after()
    told = [("broadcast", emission) for emission in scene.design.emissions]
    told += [("presence", scene.design.presence)] if scene.design.presence else []
    for extension, emission in told:
        may_send = extension == "presence" or (scene.design.clients_send and emission.feed is None)
        opening, _, closing = emission.topic.partition("<id>")
        for key in scene.scope_keys(emission):
            topic = topic_of(emission, key)
            if topic:
                actions = ("read", "write") if may_send else ("read",)
                found[topic] = Joinable(extension, listeners(emission, key, rows), actions, (opening, closing))
    return found


def _expected(legitimate: Legitimate, asker: Asker, topic: str, extension: str, action: str) -> bool:
    if asker.bypasses:
        return True
    found = legitimate.get(topic)
    if found is None or asker.sub is None:
        return False
    return extension == found.extension and action in found.actions and asker.sub in found.subs


def _questions(scene: Scene, legitimate: list[str], alike: list[str]) -> Iterator[tuple[Asker, list[str]]]:
    people = [_signed_in(person.name, person.sub) for person in scene.world.people]
    for asker in people:
        yield asker, legitimate
    for asker in (*people[:1], *people[4:5], *people[TWO : STRANGER + 1]):
        yield asker, alike
    some = legitimate[:2] + legitimate[PEOPLED : PEOPLED + 1]
    yield Asker("anonymous visitor", None), [*legitimate, *alike]
    yield Asker("service role", {"role": "service_role"}, bypasses=True), some
    for asker in _odd_tokens(scene):
        yield asker, some


def _signed_in(name: str, sub: str) -> Asker:
    return Asker(name, {"role": "authenticated", "sub": sub}, sub)


def _odd_tokens(scene: Scene) -> Iterator[Asker]:
    """Tokens whose sub is no key of anybody's, or not as text."""
    first = scene.world.people[0].sub if scene.world.people else "nobody"
    taken = {person.sub for person in scene.world.people}
    # A number with a blank beside it is that number, in the application's own comparisons too.
    spelled = (f"0{first}", f"+{first}") if first.isdigit() else (f"{first} ", f"{first}\n")
    for sub in ("user_2abcDEF", "", "%", "' or true --", *spelled, first[:-1], "x" * 10_000, "-1"):
        if sub not in taken:
            shown = sub if len(sub) < 60 else f"{len(sub)} characters"
            yield Asker(f"bearer of the sub {shown!r}", {"role": "authenticated", "sub": sub})
    yield Asker("bearer of no sub", {"role": "authenticated"})
    yield Asker("bearer of a null sub", {"role": "authenticated", "sub": None})
    yield Asker("bearer of an object as sub", {"role": "authenticated", "sub": {"id": first}})
    yield Asker("anonymous role with a member's sub", {"role": "anon", "sub": first})


def _look_alikes(legitimate: Legitimate) -> Iterator[str]:
    """Topics that a careless comparison takes for one that is told."""
    yield from ("", "x", ":", "::", "%", "x" * 10_000)
    firsts = {found.around: topic for topic, found in reversed(list(legitimate.items()))}
    for (opening, closing), topic in firsts.items():
        key = topic[len(opening) : len(topic) - len(closing)]
        yield from (f"{topic}-admin", f"{topic}s", topic[:-1], f"{topic} ", f" {topic}", f"{topic}\n", f"x{topic}")
        yield from (topic.upper(), topic.capitalize(), topic * 200, f"{topic}{closing}", f"{topic}:", f"{topic}:x")
        yield from (f"{opening}{key}", f"{key}{closing}", f"{opening}{key}:", f"{opening}{key}:other", f":{topic}")
        yield from (f"other:{key}{closing}", f"{opening}{closing}", f"{opening.rstrip(':')}{closing}", f"{opening}s")
        yield from (
            f"{opening}{'x' * 10_000}{closing}",
            f"{opening}{key}{closing.upper()}",
            f"{opening.upper()}{key}{closing}",
        )
        yield from (f"{opening}{alike}{closing}" for alike in ("%", *_like_keys(key)))


def _like_keys(key: str) -> Iterator[str]:
    """Other spellings of a key, and patterns that match it."""
    yield from (key.upper(), f"0{key}", f"+{key}", f" {key}", f"{key} ", f"{{{key}}}", key.replace("-", ""))
    yield from (f"{key[:-1]}_", f"{key[:-1]}%", "_" * len(key), f"{key}' or true --", "not-a-key", f"{key}:{key}")
    yield from (f"%{ord(key[0]):02x}{key[1:]}", f"{key}%00", f"{key}.0", "9" * 40, "null", f"{key}x", key[:-1])
