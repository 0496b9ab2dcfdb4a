"""Between the cache and remotes."""
