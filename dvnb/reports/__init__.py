"""Reports: metrics and params of revs as plain values; `render` turns them, and graphs, into text and pictures.

Nothing here knows git or the cache: whoever asks hands in `Source`s, which name the files of one rev and read them.
"""
