"""Comparing versions, and asking about them."""
