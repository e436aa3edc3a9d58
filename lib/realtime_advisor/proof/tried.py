"""One check as a step of a proof."""

from __future__ import annotations

from time import perf_counter

import psycopg

from realtime_advisor.model import Step
from realtime_advisor.observation.interrupts import finishing

from .copies import is_interrupt
from .installing import said
from .refusals import is_refusal, refused
from .scene import Check, Outcome, Scene, not_tried


def tried(check: Check, scene: Scene, *, own_fault: bool = True) -> Step:
    """What the check reports. An unexpected error is the script's fault, or else why it was not tried.

    Ctrl-C takes effect when the check has ended: in a statement's middle, the connection complains when it closes.
    """
    started = perf_counter()
    try:
        with finishing():
            outcome = check(scene)
    except psycopg.Error as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        outcome = _failed(error, scene) if own_fault else not_tried(said(error))
    sentence = (check.__doc__ or "").strip().splitlines()[0]
    seconds = perf_counter() - started
    return Step(check.__name__, sentence, outcome.holds, outcome.expected, outcome.observed, seconds)


def _failed(error: psycopg.Error, scene: Scene) -> Outcome:
    return refused(error) if is_refusal(error, scene.skeleton) else Outcome("no error", said(error), False)
