"""Notebook stages without a new interpreter for each: processes that are ready fork runs and kernels."""
