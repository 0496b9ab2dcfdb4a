"""The command line: `dvnb VERB …` and `python -m dvnb VERB …`."""
