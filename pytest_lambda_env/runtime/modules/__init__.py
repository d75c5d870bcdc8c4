"""The modules of an environment: imported afresh, kept apart, shared where they must be."""
