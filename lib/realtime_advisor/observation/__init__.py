"""Reads the target; never writes to it."""
