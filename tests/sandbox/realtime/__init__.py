"""Tests of the Realtime-compatible schema, sentence by sentence."""
