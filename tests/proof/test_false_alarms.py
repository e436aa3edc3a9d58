"""No false alarm: what was generated is proved, whatever the shape of its table, its keys and its choices."""

from __future__ import annotations

import pytest

from realtime_advisor.model import ProofStatus
from realtime_advisor.proof.prove import prove
from realtime_advisor.sandbox.postgres import RunningServer

from .varied import VARIED


@pytest.mark.parametrize("shape", VARIED)
def test_a_sound_script_is_proved(shape: str, server: RunningServer) -> None:
    case = VARIED[shape]()
    proof = prove(case.script, case.catalog, server=server)
    assert proof.failures == ()
    is_imitated = "partitioned" in shape or "generated column in" in shape
    expected = ProofStatus.SUBSTITUTED if is_imitated else ProofStatus.PROVED
    assert proof.status is expected
