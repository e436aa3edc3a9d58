"""Proofs of one process share what they have measured of a join, as those of one run of `prove_all` do."""

from __future__ import annotations

import pytest

from realtime_advisor.proof.copies import Copies, Costs
from realtime_advisor.sandbox.postgres import RunningServer

_BEGIN = Copies.__init__


@pytest.fixture(scope="session")
def measured_joins() -> Costs:
    """What joins cost, by what decides on them: a hundred thousand memberships are filled in for each."""
    return {}


@pytest.fixture(autouse=True)
def _joins_are_measured_once(measured_joins: Costs, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(copies: Copies, server: RunningServer) -> None:
        _BEGIN(copies, server)
        copies.costs = measured_joins

    monkeypatch.setattr(Copies, "__init__", begin)
