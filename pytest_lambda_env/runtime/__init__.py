"""The inside of one execution environment: what a handler sees, and what stops it."""
