"""Model to figures, tables and widgets; decides nothing."""
