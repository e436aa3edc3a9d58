update notifications set read_at = '2026-01-01';
