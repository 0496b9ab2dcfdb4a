"""Results as HTML, one family of verbs a module."""
