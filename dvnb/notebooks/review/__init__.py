"""Looking at notebooks before they become stages: lint reads them, trace watches a run, promote compares two runs."""
