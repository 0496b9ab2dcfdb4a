"""The words of metrics show, metrics diff, params diff: tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.reports.render.values import metrics_diff_table, metrics_table, params_diff_table

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DiffResult, MetricsShowResult


def metrics(result: MetricsShowResult, args: Namespace, style: Style) -> str:
    """A row for each file of each revision."""
    return metrics_table(
        result.revs,
        precision=args.precision,
        with_revs=args.all_branches or args.all_tags or args.all_commits,
        markdown=args.markdown,
    )


def metrics_diff(result: DiffResult, args: Namespace, style: Style) -> str:
    """A row for each metric that changed."""
    return metrics_diff_table(
        result.files, (result.a, result.b), precision=args.precision, with_path=not args.no_path, markdown=args.markdown
    )


def params_diff(result: DiffResult, args: Namespace, style: Style) -> str:
    """A row for each param that changed."""
    return params_diff_table(result.files, (result.a, result.b), with_path=not args.no_path, markdown=args.markdown)
