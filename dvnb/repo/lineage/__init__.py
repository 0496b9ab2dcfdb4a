"""`lineage`: where data comes from and what depends on it.

`asked` finds what is meant, `trace` walks the stages both ways, `describe` says what is known of each place on the way,
`changes` which commits brought it.
"""
