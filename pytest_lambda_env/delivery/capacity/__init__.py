"""Execution environments: how many there may be, which one serves a request, and when one is retired."""
