"""Tests of the workshop database."""
