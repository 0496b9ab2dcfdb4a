"""An opened project: root, config, git, ignore rules, cache, state, locks. Everything above works on one of these."""
