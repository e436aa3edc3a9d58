"""Is what was decided still installed, unchanged and still right? Each module looks at one part, and only reads."""
