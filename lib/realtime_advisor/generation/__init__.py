"""From a decision to a design and its SQL: pure, no I/O."""
