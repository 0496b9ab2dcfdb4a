"""What push, fetch and pull return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.data import CheckoutResult
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class TransferSummary(Result):
    """`push` and `fetch`: how many objects went, which failed, which are missing on both sides (hashes)."""

    transferred: int = 0
    failed: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class PullResult(Result):
    """`pull`: what was fetched and what the checkout then did."""

    fetch: TransferSummary
    checkout: CheckoutResult
