"""Running a notebook: its kernel, papermill's engine, progress, and why a run failed."""
