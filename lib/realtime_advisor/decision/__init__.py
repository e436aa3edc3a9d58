"""From facts to a verdict: pure, no I/O."""
