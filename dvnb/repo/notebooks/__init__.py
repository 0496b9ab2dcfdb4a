"""The verbs of notebooks as files: params, clean, diff, export."""
