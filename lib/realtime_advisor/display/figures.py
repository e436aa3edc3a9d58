"""The nouns as pictures, each with the sentence that it shows."""

from .churn_figures import draw_churn, draw_mix, draw_timeline
from .decision_figures import draw_hottest, draw_margins, draw_verdict

__all__ = ["draw_churn", "draw_hottest", "draw_margins", "draw_mix", "draw_timeline", "draw_verdict"]
