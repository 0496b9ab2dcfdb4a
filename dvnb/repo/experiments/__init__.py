"""Experiments: commits beside the branches, below `refs/exps/`, that record what a workspace held."""
