"""Pipelines and notebooks."""
