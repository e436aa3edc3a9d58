"""Whatever a policy asks, in whatever combination: whoever it is granted to may read."""

from __future__ import annotations

from random import Random

import pytest

from .test_row_conditions import ASKED, NOT_READ, joined_and_read, tenant_with, world

__all__ = ["world"]  # the fixture

DECLARED_ELSEWHERE = ("===", "public.now")
ATOMS = [
    *ASKED,
    *(asked for asked in NOT_READ if not any(word in asked for word in DECLARED_ELSEWHERE)),
    *("m.team_id = docs.team_id", "m.user_id = auth.uid()", "m.team_id = m.team_id", "m.user_id = docs.id"),
    *("m.team_id = docs.id", "docs.live", "true", "auth.uid() is not null", "auth.role() = 'authenticated'"),
]
PAIR = "m.team_id = docs.team_id and m.user_id = auth.uid()"
SOURCES = (
    *("members m", "members m", "members m join teams t on t.id = m.team_id", "teams t, members m"),
    *("members m cross join teams t", "members m left join teams t on false"),
)
ROW = ("live", "status = 'active'", "auth.uid() is not null", "true", "team_id is not null", "id = team_id")


def asked(draw: Random, depth: int) -> str:
    """A condition within a look-up of members."""
    kind = draw.random() if depth else 0
    if kind < 0.45:
        return draw.choice(ATOMS)
    one, other = asked(draw, depth - 1), asked(draw, depth - 1)
    if kind < 0.75:
        return f"({one} and {other})"
    if kind < 0.88:
        return f"({one} or {other})"
    if kind < 0.94:
        return f"not ({one})"
    return f"(({one}) = ({other}))" if kind < 0.97 else f"coalesce(({one}), {draw.choice(['true', 'false'])})"


def look_up(draw: Random) -> str:
    more = asked(draw, 2)
    if draw.random() < 0.6:
        more = f"{draw.choice(['m.live', 'm.revoked_at is null'])} and {more if draw.random() < 0.6 else 'm.rank = 2'}"
    source, given = draw.choice(SOURCES), draw.choice(["1", "m.live", "m.*", "distinct m.team_id"])
    return draw.choice(
        [
            f"exists (select {given} from {source} where {PAIR} and {more})",
            f"team_id in (select m.team_id from {source} where m.user_id = auth.uid() and {more})",
            f"team_id = any (array(select m.team_id from {source} where m.user_id = auth.uid() and {more}))",
            f"auth.uid() in (select m.user_id from {source} where m.team_id = docs.team_id and {more})",
            f"exists (select 1 from {source} where {more})",
        ]
    )


def policy(draw: Random, depth: int = 2) -> str:
    kind = draw.random() if depth else 0
    if kind < 0.6:
        return look_up(draw) if draw.random() < 0.75 else draw.choice(ROW)
    one, other = policy(draw, depth - 1), policy(draw, depth - 1)
    if kind < 0.8:
        return f"({one} and {other})"
    return f"({one} or {other})" if kind < 0.93 else f"not ({one})"


@pytest.mark.parametrize("seed", range(4))
def test_whoever_a_random_policy_is_granted_to_may_read(world: str, seed: int) -> None:
    draw, granted = Random(seed), 0
    for _ in range(6):
        # One rule in two is plain, so that there is something granted to look at.
        using = (
            policy(draw)
            if draw.random() < 0.5
            else f"exists (select 1 from members m where {PAIR} and {draw.choice([*ASKED])})"
        )
        try:
            scope = tenant_with(world, using)
        except StopIteration:  # everybody reads: there is no tenant to tell
            continue
        if scope.entitlement is None:
            continue
        granted += 1
        joined, read = joined_and_read(world)
        assert joined <= read, using
    assert granted
