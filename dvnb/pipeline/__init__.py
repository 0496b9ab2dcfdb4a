"""Stages: from metafiles to a graph, what changed, bringing it up to date, writing it down."""
