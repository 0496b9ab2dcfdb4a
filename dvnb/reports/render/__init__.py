"""Texts and pictures of results, agreeing with dvc's to the character where dvc has the same.

`table` and `values` make tables; `ascii`, `dot`, `mermaid` and `svg` draw a `dag.Graph`, the first and the last of
them by one `layout`.
"""
