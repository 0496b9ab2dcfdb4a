"""Setting up a project, and keeping it in order."""
