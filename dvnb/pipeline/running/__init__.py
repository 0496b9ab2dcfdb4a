"""Bringing stages up to date: what has to run, running it, several at once, and what becomes of its outcome."""
