"""The verbs: `facade.Repo` has one method each, `results` what they return, the other modules do the work."""
