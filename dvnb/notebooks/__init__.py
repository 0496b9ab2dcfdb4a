"""Notebooks as stages: the only place that knows papermill, nbclient and nbformat.

`source` says which bytes of a notebook count, `parameters` what it may be given, `owner` whose run it is,
`stages` and `cells` how it becomes a stage. `execute` runs it: the kernel is started first (`kernels`), then
papermill is imported while it boots (`engine`), so the import costs nothing. Errors are worded in `failures`.
"""
