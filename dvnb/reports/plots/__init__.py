"""Plots: which ones a rev defines, their data, dvc's Vega-Lite of them, a page and pictures.

Nothing here knows git or the cache: whoever asks hands in `Files` of each rev. Paths are POSIX and relative to the
folder that its user is in, as dvc's ids of plots are.
"""
