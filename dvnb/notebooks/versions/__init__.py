"""Notebooks as files that people keep: cleaned, compared, paired with text, and shown as pages."""
