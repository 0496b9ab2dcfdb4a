"""Files of a project, one format a module: disk to entries and back, no policy."""
