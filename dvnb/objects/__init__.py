"""Bytes by hash: what a file or folder holds, the cache that keeps it, and bringing it back into the workspace.

This package knows neither stages nor metafiles. `build` measures, `save` and `add` put into a `LocalStore`, `checkout`
takes out again; `State` remembers what was measured, `Trash` keeps what would be lost. Large folders are the hot path:
files travel as parallel lists and tuples, never as an object each.
"""
