"""Tracking data in the workspace."""
