"""The workshop database: built, and its traffic run."""
