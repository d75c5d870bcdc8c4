"""Frozen values in AWS's own nouns, validated against the quotas when they are made."""
