"""What grows with the number of watches: a tick of the sensor, a claim, and the cost of a check."""

from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.fleet import fill_up, give_back, make_half_due
from benchmarks.results import Measure, ScalePoint
from benchmarks.throughput import Contest, WrongChecks, measure_checks

CLAIMED = 500


def measure_scale(
    contest: Contest, sizes: Sequence[int], *, repeats: int, tell: Callable[[str], None]
) -> list[ScalePoint]:
    """Ticks and claims at each size with half of the watches due; checks of the same pages at the smallest and biggest.

    Raises:
        WrongChecks: a claim found fewer watches than are due.
    """
    points = []
    for watches in sizes:
        fill_up(contest.rig, watches)
        point = ScalePoint(
            watches=watches,
            tick_s=_tick_s(contest, repeats),
            claim_s=_claim_s(contest, repeats),
            checks=_checks(contest, repeats) if watches in (sizes[0], sizes[-1]) else (),
        )
        tell(f"{watches:,} watches: tick {point.tick_s:.3f} s, claim of {CLAIMED} {point.claim_s:.3f} s")
        points.append(point)
    return points


def _tick_s(contest: Contest, repeats: int) -> float:
    make_half_due(contest.rig)
    worker = contest.ours[0]
    worker.ask(do="tick")
    return float(median(worker.ask(do="tick")["tick_s"] for _ in range(repeats)))


def _claim_s(contest: Contest, repeats: int) -> float:
    return float(median(_claim(contest) for _ in range(repeats + 1)))


def _claim(contest: Contest) -> float:
    answer = contest.ours[0].ask(do="claim", limit=CLAIMED)
    give_back(contest.rig)
    if answer["checks"] != CLAIMED:
        raise WrongChecks(f"a claim took {answer['checks']} watches instead of {CLAIMED}")
    return float(answer["claim_s"])


def _checks(contest: Contest, repeats: int) -> Sequence[Measure]:
    return [measure_checks(contest.rig, contest.ours[:1], contest.pages) for _ in range(repeats)]
