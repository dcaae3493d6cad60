"""The pages that the SEC answers with instead of what was asked for."""

from html import escape
from pathlib import Path

BOMB = (
    b'<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>\n<ownershipDocument><documentType>4</documentType><remarks>&j;</remarks></ownershipDocument>\n"
)
"""A document that would take ten gigabytes to whoever resolves its entities."""
_UNDECLARED = """\
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool</title></head>
<body>
<div id="header">U.S. Securities and Exchange Commission</div>
<div id="content">
<h1>Your Request Originates from an Undeclared Automated Tool</h1>
<p>To allow for equitable access to all users, SEC reserves the right to limit requests originating from undeclared automated tools. Please declare your traffic by updating your user agent to include company specific information.</p>
</div>
</body>
</html>
"""


def throttle_page() -> bytes:
    """What comes with the status 403 when too much was asked for in a second. From ../shared/corpus/blocked/sec_rate_exceeded.html, shortened."""
    return (Path(__file__).parent / "sec_throttle.html").read_bytes()


def undeclared_page() -> bytes:
    """What comes with the status 403 when nobody says who asks."""
    return _UNDECLARED.encode()


def missing_key(key: str, *, is_denied: bool = False) -> bytes:
    """What the store behind data.sec.gov says of a path that is not there; of some folders it says that one may not look."""
    code, message = (
        ("AccessDenied", "Access Denied") if is_denied else ("NoSuchKey", "The specified key does not exist.")
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
        f"<Key>{escape(key)}</Key><RequestId>DEMO</RequestId><HostId>DEMO</HostId></Error>"
    ).encode()
