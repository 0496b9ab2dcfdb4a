"""What changed inside a file: tables by rows and cells, trees by leaves, text by lines, pictures by pixels."""
