"""Networks and addresses of IPv4, and those among them that no machine of a platform has."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

# Registered for other uses (RFC 6890): no route leads there, or Linux takes no packet from there.
SPECIAL = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}
LINK_LOCAL = IPv4Network("169.254.0.0/16")


def special(address: IPv4Address) -> str:
    """What an address is for that no machine has on a network: loopback, …; "" for a usual one."""
    return next((kind for network, kind in SPECIAL.items() if address in network), "")


def widest(*networks: IPv4Network) -> tuple[IPv4Network, ...]:
    """These networks without those that lie in another one of them."""
    each = tuple(dict.fromkeys(networks))
    return tuple(
        one for one in each if not any(one != other and one.subnet_of(other) for other in each)
    )


def _written_network(value: object) -> object:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str):
        raise ValueError("not a range such as 10.1.0.0/16, as text")
    address, slash, _ = value.partition("/")
    if not slash:
        raise ValueError("not a range such as 10.1.0.0/16: its length is missing")
    if _is(IPv6Network, value, strict=False):
        raise ValueError("a range of IPv6, which this platform does not speak: write one of IPv4")
    if not _is(IPv4Network, value) and _is(IPv4Network, value, strict=False):
        meant = IPv4Network(value, strict=False)
        raise ValueError(
            f"not a valid IPv4 network: {address} is an address inside of it; write {meant}"
        )
    if not _is(IPv4Network, value):
        raise ValueError("not a valid IPv4 network: write one such as 10.1.0.0/16")
    return value


def _usual_network(network: IPv4Network) -> IPv4Network:
    if not network.prefixlen:
        raise ValueError("is every address there is: name the networks that are meant, one by one")
    for taken, kind in SPECIAL.items():
        if network.overlaps(taken):
            part = "lies in" if network.subnet_of(taken) else "holds"
            raise ValueError(
                f"{part} {taken}, which is {kind}: no machine is there; write a network that has"
                " machines, such as 10.1.0.0/16"
            )
    return network


def _written_address(value: object) -> object:
    if isinstance(value, IPv4Address):
        return value
    if not isinstance(value, str):
        raise ValueError("not an IPv4 address such as 10.1.0.5, as text")
    if _is(IPv6Address, value):
        raise ValueError(
            "an address of IPv6, which this platform does not speak: write one of IPv4"
        )
    if not _is(IPv4Address, value):
        raise ValueError("not an IPv4 address such as 10.1.0.5")
    return value


def _dns_server(address: IPv4Address) -> IPv4Address:
    # A cloud's own resolver is a link-local address that its machines reach.
    kind = special(address)
    if kind and address not in LINK_LOCAL:
        raise ValueError(
            f"{address} is {kind}: pods and builds ask the same server, and find none there; write"
            " the address of a DNS server that every machine reaches"
        )
    return address


def _is(kind: type, value: str, **options: bool) -> bool:
    try:
        kind(value, **options)
    except ValueError:
        return False
    return True


Network = Annotated[IPv4Network, BeforeValidator(_written_network), AfterValidator(_usual_network)]
Address = Annotated[IPv4Address, BeforeValidator(_written_address)]
DnsServer = Annotated[IPv4Address, BeforeValidator(_written_address), AfterValidator(_dns_server)]
