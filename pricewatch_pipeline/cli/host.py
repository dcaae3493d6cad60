"""`pricewatch host ...`: the commands on hosts: how gently each is asked, and who is left alone."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_json, print_rows, shown
from pricewatch_pipeline.errors import ScheduleError
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_hosts import HostView, list_hosts, show_host
from pricewatch_pipeline.services.steer_hosts import pause_host, resume_host
from pricewatch_pipeline.settings import load_settings
from pricewatch_pipeline.watch_files.durations import format_duration, parse_duration

_COLUMNS = ("host", "state", "delay_s", "pace_reason", "places", "watches", "due_watches", "failures", "why")
_ANSWERS = ("finished_at", "watch_id", "outcome", "http_status", "fetch_ms", "wait_ms", "error")
_WAITING = ("watch_id", "next_due_at", "last_outcome")

Host = Annotated[str, typer.Argument(metavar="HOST", help="A host, or the address of one of its pages.")]

app = typer.Typer(help="List, show, pause and resume hosts.", no_args_is_help=True)


@app.callback()
def host() -> None:
    """List, show, pause and resume hosts."""


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """List hosts with their pace and state; those that are left alone come first."""
    with opened_pipeline(load_settings()) as pipeline:
        found = list_hosts(pipeline)
    if found or as_json:
        print_rows(found if as_json else map(_for_people, found), _COLUMNS, as_json=as_json)
    else:
        console.print("No hosts yet: they come with watches (`pricewatch watch add URL`).")


@app.command()
def show(host: Host, as_json: JsonFlag = False) -> None:
    """All that is known of one host: pace and why, places, rests, breaker, robots.txt, last answers, who waits."""
    with opened_pipeline(load_settings()) as pipeline:
        found = show_host(pipeline, host)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


@app.command()
def pause(
    host: Host,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="Such as 2h or 3d; without it, until `resume`.")
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Shown to whoever asks why it waits.")] = None,
) -> None:
    """Ask a host nothing for the time being, from no run; its watches wait and are not blamed."""
    try:
        span = parse_duration(lasts) if lasts else None
    except ScheduleError as error:
        raise typer.BadParameter(str(error), param_hint="--for") from error
    if span is not None and not span:
        raise typer.BadParameter("a pause lasts longer than nothing", param_hint="--for")
    with opened_pipeline(load_settings()) as pipeline:
        paused = pause_host(pipeline.database, host, lasts=span, note=reason)
    ends = f"for {format_duration(span)}" if span else f"until `pricewatch host resume {paused}`"
    console.print(f"Paused {paused} {ends}.", soft_wrap=True, highlight=False, markup=False)


@app.command()
def resume(host: Host) -> None:
    """End a pause, a rest that the host asked for, and an open breaker: it may be asked at once."""
    with opened_pipeline(load_settings()) as pipeline:
        resumed, is_changed = resume_host(pipeline.database, host)
    said = f"Resumed {resumed}." if is_changed else f"Unchanged, for {resumed} was not left alone."
    console.print(said, soft_wrap=True, highlight=False, markup=False)


def _for_people(state: dict[str, Any]) -> dict[str, Any]:
    return state | {"delay_s": f"{state['delay_s']:.3g}", "places": f"{state['places_held']} of {state['concurrency']}"}


def _print(found: HostView) -> None:
    state = _for_people(found.state)
    facts: dict[str, Any] = {"state": state["state"], "why": found.why, "pace": found.pace}
    facts |= {"burst": state["burst"], "places in use": state["places"]}
    facts |= {"failures in a row": state["failures"], "blocks among them": state["blocks"]}
    if state["latency_s"] is not None:
        facts["usual answer"] = f"{state['latency_s']:.2f} s"
    facts |= {"last asked": state["last_asked_at"], "watches": state["watches"], "due": state["due_watches"]}
    facts |= {f"robots.txt of {file['site']}": file["says"] for file in found.robots}
    rows = [{"what": shown(what), "value": value} for what, value in facts.items() if value is not None]
    print_rows(rows, ("what", "value"), as_json=False, title=shown(state["host"]))
    if found.answers:
        print_rows(found.answers, _ANSWERS, as_json=False, title="Last answers")
    if found.waiting:
        print_rows(found.waiting, _WAITING, as_json=False, title="Due there")
