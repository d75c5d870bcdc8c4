"""Schedules: firings on the timeline, and the events that they deliver."""
