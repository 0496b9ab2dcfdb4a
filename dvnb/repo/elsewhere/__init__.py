"""Other repos, URLs, and what any repo holds."""
