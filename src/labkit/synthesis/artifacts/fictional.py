"""Which hosts may stand in made records: names and addresses that nobody has."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from labkit.errors import SynthesisError

_NETWORKS: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv4Network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")),  # documentation, RFC 5737
    *map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")),  # private, RFC 1918
    IPv6Network("2001:db8::/32"),  # documentation, RFC 3849
)


def check_host(host: str) -> None:
    """Refuse a host that may belong to somebody.

    Raises:
        SynthesisError: It is neither a name below ``.example`` (RFC 2606) nor an address for documentation or private
            networks.
    """
    if not host.endswith(".example") and not _is_nobodys_address(host):
        raise SynthesisError(
            f"the host {host!r} may belong to somebody",
            remedy="Take a name that ends in .example, or an address of 192.0.2.0/24 or 2001:db8::/32.",
        )


def _is_nobodys_address(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _NETWORKS)
