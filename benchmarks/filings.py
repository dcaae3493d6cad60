"""What reading an insider filing costs, beside edgartools and beside lxml's parse of it: CPU time, the same files in one run.

`python -m benchmarks.filings [--edgartools PYTHON]`: PYTHON is one that has edgartools; without it, ours.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

from lxml import etree
from rich.console import Console

from benchmarks.reading import cpu_ms
from benchmarks.results import Summary, rounded
from benchmarks.workers import WorkerFailed
from pricewatch_pipeline.demo.sec_documents import document_of
from pricewatch_pipeline.demo.sec_stories import filed_before
from pricewatch_pipeline.providers.sec_form4.ownership import read_filing
from pricewatch_pipeline.providers.sec_form4.submission import opened

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "sec_form4"
_WORKER = Path(__file__).with_name("edgartools_worker.py")
_TODAY, _DAYS = date(2026, 11, 23), 30
"""Of the demo's filings."""


@dataclass(frozen=True, kw_only=True)
class Filings:
    """What is read: whole files, as they are saved."""

    source: str
    files: Mapping[str, bytes]


def load_filings(corpus: Path = CORPUS) -> Filings:
    """Every ownership filing of the corpus beside this checkout. Without it, a month of the demo's."""
    names = [
        path.with_name(path.name.removesuffix(".truth.json")) for path in sorted(corpus.glob("f[345]*.truth.json"))
    ]
    if names:
        return Filings(
            source=f"{len(names)} filings of {corpus.name}", files={path.name: path.read_bytes() for path in names}
        )
    drawn = {f"{filed.accession}.xml": document_of(filed) for filed in filed_before(_TODAY, _DAYS) if filed.filing}
    return Filings(source=f"{len(drawn)} filings of the demo (made by us)", files=drawn)


def measure_filings(filings: Filings, *, repeats: int, edgartools: str = sys.executable) -> Summary:
    """Filings per second of CPU, and how much dearer edgartools is on those that it can read.

    Args:
        edgartools: a Python that may have it.
    """
    for body in filings.files.values():  # caches and imports
        read_filing(body)
    ours = {name: cpu_ms(partial(read_filing, body), repeats) for name, body in filings.files.items()}
    parse = {
        name: cpu_ms(partial(etree.fromstring, opened(body).document), repeats) for name, body in filings.files.items()
    }
    return {
        "filings_per_cpu_s": 1000 / fmean(ours.values()),
        "filings_read_by_lxml_parse": median(ours[name] / parse[name] for name in ours),
        **_beside_edgartools(ours, filings, repeats, edgartools),
        "filings_source": filings.source,
    }


def _beside_edgartools(ours: Mapping[str, float], filings: Filings, repeats: int, python: str) -> Summary:
    with TemporaryDirectory() as folder:
        for name, body in filings.files.items():
            (Path(folder) / name).write_bytes(body)
        command = [python, "-I", str(_WORKER), str(repeats), *(str(Path(folder) / name) for name in filings.files)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkerFailed(f"{python} {_WORKER.name} ended with {done.returncode}: {done.stderr[-1000:]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    theirs = {Path(name).name: ms for name, ms in answer["cpu_ms"].items() if ms is not None}
    return {
        "edgartools_version": answer["version"],
        "edgartools_filings_read": f"{len(theirs)} of {len(filings.files)}" if answer["version"] else None,
        "edgartools_filings_per_cpu_s": 1000 / fmean(theirs.values()) if theirs else None,
        "filings_times_as_fast_as_edgartools": (
            sum(theirs.values()) / sum(ours[name] for name in theirs) if theirs else None
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filings", description=__doc__)
    parser.add_argument("--edgartools", metavar="PYTHON", default=sys.executable, help="one that has edgartools")
    parser.add_argument("--repeats", type=int, default=25)
    options = parser.parse_args(arguments)
    try:
        summary = measure_filings(load_filings(), repeats=options.repeats, edgartools=options.edgartools)
    except (WorkerFailed, OSError) as error:
        Console(stderr=True).print(f"{error}", style="red", markup=False)
        return 1
    for name, value in rounded(summary).items():
        Console().print(f"{name}: {value}", highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
