"""Git: its files are read directly (`worktree`, `index`, `config`), everything else goes through its command line.

Starting git takes longer than a whole `status` of a small project, so the reading verbs must not need it.
"""
