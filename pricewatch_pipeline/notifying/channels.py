"""Where alerts go: a channel as a value. Its address holds secrets, and is nowhere but in `Channel.url`, which prints as stars."""

import re
from dataclasses import dataclass, field

from pydantic import SecretStr

NAME_PATTERN = r"[a-z0-9][a-z0-9_-]{0,63}"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31})://(?=\S)")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One way to reach people, by name."""

    name: str
    url: SecretStr = field(default_factory=lambda: SecretStr(""), repr=False)
    """As Apprise writes addresses, or `webhook(s)://` of ours."""
    locale: str = "en_US"
    timezone: str = "UTC"
    takes_images: bool = True
    """Whether its readers want charts; whether its service can show them, `senders.takes_images` knows."""
    is_default: bool = True
    """For rules that name no channels."""
    problem: str | None = None
    """Why nothing can be sent there, as its entry in the file has it."""

    @property
    def kind(self) -> str:
        """The service, as the address begins: `mailto`, `ntfy`, `webhooks`."""
        return scheme_of(self.url.get_secret_value()) or "unknown"


def scheme_of(url: str) -> str | None:
    """How an address begins; None where it is none."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else None
