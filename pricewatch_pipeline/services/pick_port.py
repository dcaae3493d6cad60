"""Which port on loopback to listen on."""

import socket

from pricewatch_pipeline.errors import PortTaken

LOOPBACK = "127.0.0.1"
TRIES = 100
PORT_IN_USE = 98
"""With this a server of ours ends that finds its port taken after all."""


def pick_port(wanted: int, *, is_exact: bool) -> int:
    """The wanted port; where it is in use, the next free one unless it must be this one.

    Raises:
        PortTaken: says how to choose another.
    """
    return pick_ports(wanted, 1, is_exact=is_exact)[0]


def pick_ports(wanted: int, count: int, *, is_exact: bool) -> range:
    """So many ports in a row, from the wanted one on or, unless it must be this one, from a later one.

    Raises:
        PortTaken: says how to choose others.
    """
    starts = range(wanted, wanted + 1 if is_exact else min(wanted + TRIES, 65537 - count))
    for start in starts:
        ports = range(start, start + count)
        if all(map(is_free, ports)):
            return ports
    if not is_exact:
        raise PortTaken(f"no free port from {wanted} to {starts[-1]}; choose another range")
    taken = next(port for port in range(wanted, wanted + count) if not is_free(port))
    raise PortTaken(
        f"port {taken} is in use by another program; ask for another one, or for none to get one that is free"
    )


def is_free(port: int) -> bool:
    """Whether we could listen here now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
