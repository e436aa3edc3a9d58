"""The nouns as pictures, each with the sentence that it shows."""

from .churn_figures import draw_churn, draw_mix
from .decision_figures import draw_margins, draw_verdict
from .rate_figures import draw_rates
from .timeline import draw_timeline
from .truth_figures import draw_truth

__all__ = ["draw_churn", "draw_margins", "draw_mix", "draw_rates", "draw_timeline", "draw_truth", "draw_verdict"]
