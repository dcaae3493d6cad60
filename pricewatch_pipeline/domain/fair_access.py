"""What the hosts of a provider ask of everybody: how often they may be asked, by whom, and what follows a refusal. Pure."""

import re
from dataclasses import dataclass
from datetime import timedelta

from pricewatch_pipeline.domain.watches import Politeness

LONGEST_CONTACT = 200
"""Characters: more is no name and address."""
NO_CONTACT = (
    "this site wants to know who asks, and no contact is set: put your name and e-mail address into PRICEWATCH_CONTACT, "
    "such as PRICEWATCH_CONTACT='Jane Doe jane.doe@example.org', and start again; nothing is asked there without it"
)
_ADDRESS = re.compile(r"(?<![^\s<,;])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(?![^\s>,;.])")


@dataclass(frozen=True, kw_only=True)
class FairAccess:
    """The rules of a provider's hosts."""

    politeness: Politeness
    """What they are asked with where no store's file says otherwise."""
    most_a_second: int
    """Requests in any one second, over all runs and machines, whatever a store's file says."""
    rest_when_refused: timedelta
    """How long nobody asks after a refusal that does not ask for longer."""
    wants_contact: bool = False
    """Whether every request says who we are, with an address; without one none is made."""

    @property
    def least_delay(self) -> timedelta:
        """Between two requests: with it, a second that begins with one of them holds no more than `most_a_second`."""
        return timedelta(seconds=1) / (self.most_a_second - 1)


def contact_problem(contact: str) -> str | None:
    """Why this cannot be sent as a name and address; None: it can."""
    if len(contact) > LONGEST_CONTACT:
        return f"must have at most {LONGEST_CONTACT} characters"
    if not contact.isascii() or not contact.isprintable():
        return "must be one line of plain letters (ASCII): write the name without accents"
    if any(mark in contact for mark in '()\\"'):
        return "must not hold brackets, quotes or backslashes"
    if not _ADDRESS.search(contact):
        return "must hold an e-mail address at which you can be reached, such as Jane Doe jane.doe@example.org"
    return None


def declared(product: str, contact: str) -> str:
    """The User-Agent that says who asks."""
    return f"{product} ({contact})"
