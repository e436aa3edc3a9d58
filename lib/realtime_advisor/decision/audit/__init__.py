"""Judges today's realtime set-up: every rule is a row of a table, with one function that finds what it looks for."""

from .judge import RULES, audit

__all__ = ["RULES", "audit"]
