"""${} in dvc.yaml: variables, expressions, and the stages that foreach and matrix make."""
