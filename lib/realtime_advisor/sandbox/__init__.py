"""The embedded server and its Realtime-compatible schema."""
