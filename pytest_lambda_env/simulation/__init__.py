"""The kernel: one timeline, its clocks, one journal, seeded chance. Knows nothing of AWS."""
