"""Schedules of Amazon EventBridge: their expressions, the instants they mean, and what they are made with. No clock."""
