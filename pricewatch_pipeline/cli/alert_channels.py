"""`pricewatch alerts channels` and `test`."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, warn
from pricewatch_pipeline.services.open_pipeline import opened_pipeline
from pricewatch_pipeline.services.show_alerts import ChannelView, list_channels
from pricewatch_pipeline.services.try_channels import try_channels
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("channel", "kind", "is_default", "pending", "dead", "last_sent_at", "rests_until", "last_error", "problem")
_TRIALS = ("channel", "kind", "is_sent", "elapsed_ms", "error")


def channels(as_json: JsonFlag = False) -> None:
    """Where alerts go: each channel's service, what waits for it, and how it fares. Addresses are never shown."""
    with opened_pipeline(load_settings()) as pipeline:
        file, found = list_channels(pipeline)
    if file.is_open_to_others:
        warn(f"{file.path} holds secrets, and others can read it: chmod 600 {file.path}")
    if found or as_json:
        print_rows([asdict(each) if as_json else _for_people(each) for each in found], _COLUMNS, as_json=as_json)
    else:
        _print_none(str(file.path))


def try_(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[CHANNEL]...", help="Channels; all when not given.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send a sample to channels now, and say how it went. Exit code 1 when one fails."""
    settings = load_settings()
    trials = list(try_channels(settings, names or ()))
    if trials or as_json:
        print_rows([asdict(trial) for trial in trials], _TRIALS, as_json=as_json)
    else:
        _print_none(str(settings.channels))
    if not all(trial.is_sent for trial in trials):
        raise typer.Exit(1)


def _for_people(channel: ChannelView) -> dict[str, Any]:
    # An error that a success followed is none any more.
    failed_at, sent_at = channel.last_failed_at, channel.last_sent_at
    is_over = failed_at is None or (sent_at is not None and sent_at > failed_at)
    return asdict(channel) | {"last_error": None if is_over else channel.last_error}


def _print_none(path: str) -> None:
    console.print(
        f"There are no channels. Write them into {path}, such as `phone: ntfy://ntfy.sh/a-topic-that-nobody-guesses`.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
