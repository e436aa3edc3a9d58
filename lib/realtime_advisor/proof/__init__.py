"""Generated scripts, run in the sandbox before anybody relies on them."""
