"""Graphs of any shape: the inference ends, soon, and its ways are ways of the catalogue."""

from __future__ import annotations

import sys
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_advisor.decision.scopes import infer_scopes
from realtime_advisor.model import Catalog, TableName

from .world import MEMBERS, catalog, reads, table

SIZE = 8
ENDS = ["teams", "users", "rooms", *(f"t{number}" for number in range(SIZE))]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.lists(st.sampled_from(ENDS), max_size=4), st.booleans()), min_size=1, max_size=SIZE))
def test_cycles_and_tables_that_refer_to_themselves_end(drawn: list[tuple[list[str], bool]]) -> None:
    tables = []
    for number, (ends, asks) in enumerate(drawn):
        known = [end for end in ends if not end.startswith("t") or end == "teams" or int(end[1:]) < len(drawn)]
        refers = {f"c{place}_id": end for place, end in enumerate(known)}
        policies = [reads(f"t{number}.c0_id", *MEMBERS)] if asks and refers else []
        tables.append(table(f"t{number}", " ".join(["id", *refers]), refers=refers, policies=policies))
    known_tables = catalog(*tables)
    for name, scopes in infer_scopes(known_tables).items():
        for scope in scopes:
            here = name
            for hop in scope.path:
                assert hop.table == here
                assert any(
                    (key.columns, key.references) == (hop.columns, hop.references)
                    for key in known_tables[here].foreign_keys
                )
                here = hop.references
            assert set(scope.columns) <= {column.name for column in known_tables[here].columns}
            assert bool(scope.entitlement) is not bool(scope.refusal)


def dense(size: int) -> Catalog:
    """Tables in a chain, each with keys to the three before it; the first ones are the tenant's."""
    tables = []
    for number in range(size):
        refers = {f"p{back}_id": f"t{number - back}" for back in (1, 2, 3) if number >= back} or {"team_id": "teams"}
        tables.append(table(f"t{number}", " ".join(["id", *refers]), refers=refers))
    return catalog(*tables)


def test_a_dense_chain_costs_no_more_for_each_table_the_longer_it_is() -> None:
    def calls(size: int) -> float:
        """Counted, because a duration tells of the machine as much as of the work."""
        known, made = dense(size), count()
        sys.setprofile(lambda *_: next(made))
        try:
            scopes = infer_scopes(known)
        finally:
            sys.setprofile(None)
        assert scopes[TableName("public", f"t{size - 1}")]
        return next(made) / size

    assert calls(400) < 2 * calls(100)
