"""What the hosts of a provider ask of everybody: how often they may be asked, by whom, and what follows a refusal. Pure."""

import ipaddress
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from pricewatch_pipeline.domain.hosts import host_key
from pricewatch_pipeline.domain.pages import PageRequest
from pricewatch_pipeline.domain.watches import Politeness

LONGEST_CONTACT = 200
"""Characters: more is no name and address."""
_NO_CONTACT = (
    "{site} wants to know who asks, and no contact is set: put your name and e-mail address into PRICEWATCH_CONTACT, "
    "such as PRICEWATCH_CONTACT='Jane Doe jane.doe@example.org', and start again; nothing is asked there without it"
)
NO_CONTACT = _NO_CONTACT.format(site="this site")
"""Where an address stands beside it."""
_NOBODYS = re.compile(r"@([A-Za-z0-9-]+\.)*example\.(com|net|org)(?![A-Za-z0-9.-])", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![^\s<,;])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(?![^\s>,;.])")


@dataclass(frozen=True, kw_only=True)
class FairAccess:
    """The rules of a provider's hosts."""

    hosts: tuple[str, ...]
    """Registrable names of those that are meant; where a query names another place, the rules go with it."""
    politeness: Politeness
    """What they are asked with where no store's file says otherwise."""
    most_a_second: int
    """Requests in any one second, over all runs and machines, whatever a store's file says."""
    rest_when_refused: timedelta
    """How long nobody asks after a refusal that does not ask for longer."""
    wants_contact: bool = False
    """Whether every request says who we are, with an address; without one none is made."""

    called: str | None = None
    """Whose hosts these are, for people."""

    @property
    def no_contact(self) -> str:
        """What is to be done where nobody is named, and who wants it."""
        site = ", ".join(self.hosts)
        return _NO_CONTACT.format(site=f"{self.called} ({site})" if self.called else site)

    @property
    def least_delay(self) -> timedelta:
        """Between two requests: with it, a second that begins with one of them holds no more than `most_a_second`."""
        return timedelta(seconds=1) / (self.most_a_second - 1)


def asked_alike(request: PageRequest, page: PageRequest) -> PageRequest:
    """A request that a page needs besides itself, such as for robots.txt: asked as the page is, where it is the same host's."""
    is_same_host = host_key(request.url) == host_key(page.url)
    return replace(
        request,
        wants_contact=page.wants_contact and is_same_host,
        is_one_hop=page.wants_contact or page.is_one_hop,
        rest_when_refused=page.rest_when_refused if is_same_host else None,
    )


def hop_to(url: str, page: PageRequest) -> PageRequest:
    """The next request of one that was redirected. What its headers say of the page is not said elsewhere."""
    return asked_alike(replace(page, url=url, headers={}), page)


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


def is_nobodys(contact: str, url: str) -> bool:
    """Whether a site elsewhere would be told an address of the documentation (RFC 2606), such as the demo's: nobody reads it."""
    return bool(_NOBODYS.search(contact)) and not _is_of_this_machine(url)


def _is_of_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def declared(product: str, contact: str) -> str:
    """The User-Agent that says who asks."""
    return f"{product} ({contact})"
