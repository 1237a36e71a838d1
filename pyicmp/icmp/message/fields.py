"""Which function reads what messages of a type hold beside the header."""

from __future__ import annotations

from pyicmp.icmp.message import (
    ipv4_fields,
    lowpan,
    mld,
    mobility,
    ndp,
    node_information,
    renumbering,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyicmp.icmp.message.reading import Fields

__all__ = ["fields"]

_READERS: dict[int, dict[int, Callable[[bytes], Fields]]] = {
    4: {
        9: ipv4_fields.router_advertisement,
        13: ipv4_fields.timestamps,
        14: ipv4_fields.timestamps,
        17: ipv4_fields.address_mask,
        18: ipv4_fields.address_mask,
        30: ipv4_fields.traceroute,
        38: ipv4_fields.domain_names,
        42: ipv4_fields.extended_echo_request,
        43: ipv4_fields.extended_echo_reply,
    },
    6: {
        130: mld.listener,
        131: mld.listener,
        132: mld.listener,
        133: ndp.router_solicitation,
        134: ndp.router_advertisement,
        135: ndp.neighbor_solicitation,
        136: ndp.neighbor_advertisement,
        137: ndp.redirect,
        138: renumbering.router_renumbering,
        139: node_information.query,
        140: node_information.reply,
        141: ndp.inverse,
        142: ndp.inverse,
        143: mld.report,
        145: mobility.home_agents,
        146: mobility.prefix_solicitation,
        147: mobility.prefix_advertisement,
        148: ndp.path_solicitation,
        149: ndp.path_advertisement,
        151: mld.router_advertisement,
        154: mobility.fast_handover,
        155: lowpan.rpl,
        156: mobility.locator_update,
        157: lowpan.duplicate_address,
        158: lowpan.duplicate_address,
        160: ipv4_fields.extended_echo_request,
        161: ipv4_fields.extended_echo_reply,
    },
}


def fields(family: int, data: bytes, length: int) -> Fields:
    """Return a message's own fields by name; of a type that has none, an empty dict."""
    reader = _READERS[family].get(data[0]) if data else None
    if reader is mld.listener and data[0] == mld.QUERY and length >= mld.V2_QUERY_LEN:
        reader = mld.query
    return reader(data) if reader else {}
