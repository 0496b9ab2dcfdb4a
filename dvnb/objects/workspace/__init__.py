"""From objects to files of the workspace: what has to change, making it, and how files hang on the cache."""
