"""`pricewatch doctor`: examine the installation, and say what to do about each fault."""

from dataclasses import asdict

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, shown
from pricewatch_pipeline.services.diagnose import examine_all
from pricewatch_pipeline.services.findings import Finding, Verdict

_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def doctor(as_json: JsonFlag = False) -> None:
    """Examine the installation: ok, warn or fail for each question, and what to do. Exit code 1 on any fail."""
    found = examine_all()
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            _print(finding)
    if any(finding.verdict is Verdict.FAIL for finding in found):
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    style = _STYLES[finding.verdict]
    head = f"[{style}]{finding.verdict:<4}[/]  {finding.subject}: {shown(finding.what)}"
    console.print(head, soft_wrap=True, highlight=False)
    if finding.advice:
        console.print(f"      {shown(finding.advice)}", soft_wrap=True, highlight=False)
