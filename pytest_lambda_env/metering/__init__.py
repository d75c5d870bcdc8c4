"""Folds over the journal."""
