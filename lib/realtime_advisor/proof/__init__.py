"""Generated scripts, run in the sandbox before anyone is told to use them."""
