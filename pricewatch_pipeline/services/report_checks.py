"""What a run did, in numbers, and host by host."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from pricewatch_pipeline.domain.checks import FinishedCheck
from pricewatch_pipeline.domain.outcomes import Outcome


@dataclass(kw_only=True)
class HostTally:
    """What a run did at one host."""

    checks: int = 0
    pages: int = 0
    wire_bytes: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    wait: timedelta = timedelta(0)
    """Of all its checks together, for turns and places."""

    def add(self, check: FinishedCheck) -> None:
        self.checks += 1
        self.pages += check.page_count
        self.wire_bytes += check.wire_bytes
        self.outcomes[check.outcome] += 1
        self.wait += check.wait_time

    def join(self, other: "HostTally") -> None:
        self.checks += other.checks
        self.pages += other.pages
        self.wire_bytes += other.wire_bytes
        self.outcomes += other.outcomes
        self.wait += other.wait


@dataclass(kw_only=True)
class CheckReport:
    """What a run did."""

    claimed: int = 0
    deferred: int = 0
    """Claimed outside their windows, for a host that rests or for poison, or with nothing left to do, and given back unchecked."""
    lost: int = 0
    """Checked, but the lease was gone: another worker has them."""
    hosts: dict[str, HostTally] = field(default_factory=dict)
    elapsed: timedelta = timedelta(0)
    results: list[FinishedCheck] = field(default_factory=list)
    """Of checks asked for by hand only: a scheduled run may make any number."""

    def add(self, checks: Iterable[FinishedCheck], *, keeps_results: bool) -> None:
        """Count checks that are stored."""
        for check in checks:
            self.hosts.setdefault(check.host, HostTally()).add(check)
            if keeps_results:
                self.results.append(check)

    def join(self, other: "CheckReport") -> None:
        """Count what another run did after this one."""
        self.claimed += other.claimed
        self.deferred += other.deferred
        self.lost += other.lost
        self.elapsed += other.elapsed
        self.results += other.results
        for host, tally in other.hosts.items():
            self.hosts.setdefault(host, HostTally()).join(tally)

    @property
    def outcomes(self) -> Counter[Outcome]:
        return sum((tally.outcomes for tally in self.hosts.values()), Counter())

    @property
    def checks(self) -> int:
        return sum(tally.checks for tally in self.hosts.values())

    @property
    def pages(self) -> int:
        return sum(tally.pages for tally in self.hosts.values())

    @property
    def wire_bytes(self) -> int:
        return sum(tally.wire_bytes for tally in self.hosts.values())

    @property
    def snapshots(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_success)
