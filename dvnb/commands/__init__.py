"""The verbs: for each its arguments, the call into `Repo`, and the words its result is told in.

The CLI, the magics and a server share these. `registry` knows the verbs by name without importing anything;
`parser` turns a list of words into a `Command` and its arguments, importing only the family of the verb that is
called; a family module (`data`, `pipeline`, …) declares `COMMANDS`. `text` words results and events as dvc does.
"""
