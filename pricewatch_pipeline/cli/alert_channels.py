"""`pricewatch alerts channels`."""

from pricewatch_pipeline.cli.output import JsonFlag, console, print_rows, warn
from pricewatch_pipeline.services.open_channels import read_channels_file
from pricewatch_pipeline.settings import load_settings

_COLUMNS = ("channel", "kind", "is_default", "problem")


def channels(as_json: JsonFlag = False) -> None:
    """The channels of the file, without their addresses."""
    found = read_channels_file(load_settings())
    if found.is_open_to_others:
        warn(f"{found.path} holds secrets, and others can read it: chmod 600 {found.path}")
    rows = [
        {"channel": each.name, "kind": each.kind, "is_default": each.is_default, "problem": each.problem}
        for each in found.channels.values()
    ]
    if rows or as_json:
        print_rows(rows, _COLUMNS, as_json=as_json)
    else:
        console.print(f"There are no channels: write them into {found.path}, such as `phone: ntfy://my-secret-topic`.")
