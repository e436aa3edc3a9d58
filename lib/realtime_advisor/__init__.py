"""Decide, table by table, how a Postgres database should speak to clients in real time."""
