"""IP packets with ICMP messages of many kinds, built by scapy: bytes that pyicmp has not made."""

from __future__ import annotations

import socket
from struct import pack

import scapy.layers.inet as v4
import scapy.layers.inet6 as v6
from scapy.packet import Packet, Raw

from tests.pinger import checksum

A, B, FAR = "10.0.0.9", "10.0.0.5", "142.4.200.132"
A6, B6, FAR6, GROUP6 = "fe80::9", "fe80::5", "2001:db8::132", "ff02::1:3"
NONCE = b"12345678"
UDP = v4.UDP(sport=40000, dport=33434)
TCP = v4.TCP(sport=51344, dport=443, seq=0xDEADBEEF)
LOCAL = v4.IP(src="10.8.0.2", dst=FAR, ttl=1)
LOCAL6 = v6.IPv6(src="2001:db8::2", dst=FAR6, hlim=1)


def icmp(kind: int, code: int, body: bytes) -> bytes:
    """Return an IPv4 packet with all that follows the checksum given."""
    message = pack("!BBH", kind, code, 0) + body
    summed = checksum(message + bytes(len(message) % 2))
    message = message[:2] + pack("!H", summed) + message[4:]
    return bytes(v4.IP(src=A, dst=B, proto=1) / Raw(message))


def icmp6(kind: int, code: int, body: bytes) -> bytes:
    message = v6.ICMPv6Unknown(type=kind, code=code, msgbody=body)
    return bytes(v6.IPv6(src=A6, dst=B6) / message)


def option(kind: int, body: bytes) -> Packet:
    """Return an option of Neighbor Discovery that scapy 2.5 does not know."""
    size = (len(body) + 9) // 8
    return v6.ICMPv6NDOptUnknown(type=kind, len=size, data=body.ljust(size * 8 - 2, b"\0"))


def label(number: int, exp: int, bottom: bool, ttl: int) -> bytes:
    return pack("!I", number << 12 | exp << 9 | bottom << 8 | ttl)


def structure(*objects: tuple[int, int, bytes]) -> bytes:
    """Return an RFC 4884 extension structure."""
    raw = b"".join(pack("!HBB", len(b) + 4, k, t) + b for k, t, b in objects)
    return b"\x20\0" + pack("!H", checksum(b"\x20\0\0\0" + raw)) + raw


MPLS = structure((1, 1, label(16001, 5, False, 1) + label(1048575, 0, True, 255)))
INTERFACE = structure(
    (
        2,
        0x0F,
        pack("!IHH4s", 7, 1, 0, bytes([192, 0, 2, 1])) + b"\x08eth0\0\0\0" + b"\0\0\5\xdc",
    )
)
NEXT_HOP6 = structure((2, 0xC4, pack("!HH16s", 2, 0, socket.inet_pton(socket.AF_INET6, FAR6))))
UNKNOWN = structure((200, 3, b"abcd"), (1, 1, label(17, 0, True, 9)))


def extended(kind: int, code: int, extension: bytes, *, length: int = 32) -> bytes:
    quote = bytes(LOCAL / UDP / bytes(40)).ljust(128, b"\0")
    return icmp(kind, code, pack("!BBH", 0, length, 0) + quote + extension)


def extended6(kind: int, code: int, extension: bytes) -> bytes:
    quote = bytes(LOCAL6 / UDP / bytes(40)).ljust(128, b"\0")
    return icmp6(kind, code, pack("!BBH", 16, 0, 0) + quote + extension)


def _ipv4() -> dict[str, bytes]:
    ip = v4.IP(src=A, dst=B)
    layers = {
        "echo request": v4.ICMP(type=8, id=7, seq=1) / (b"abcdefgh" * 7),
        "echo reply": v4.ICMP(type=0, id=0xFFFF, seq=0xFFFF),
        "redirect net": v4.ICMP(type=5, code=0, gw="10.0.0.1") / LOCAL / UDP,
        "redirect host": v4.ICMP(type=5, code=1, gw="10.0.0.1") / LOCAL / UDP,
        "redirect tos net": v4.ICMP(type=5, code=2, gw="10.0.0.1") / LOCAL / UDP,
        "redirect tos host": v4.ICMP(type=5, code=3, gw="10.0.0.1") / LOCAL / TCP,
        "source quench": v4.ICMP(type=4) / LOCAL / TCP,
        "time exceeded": v4.ICMP(type=11) / LOCAL / UDP,
        "reassembly": v4.ICMP(type=11, code=1) / LOCAL / UDP,
        "parameter problem": v4.ICMP(type=12, ptr=20) / LOCAL / UDP,
        "option missing": v4.ICMP(type=12, code=1) / LOCAL / UDP,
        "bad length": v4.ICMP(type=12, code=2) / LOCAL / UDP,
        "frag needed": v4.ICMP(type=3, code=4, nexthopmtu=1420) / LOCAL / TCP,
        "frag needed, no mtu": v4.ICMP(type=3, code=4, nexthopmtu=0) / LOCAL / TCP,
        "port, tcp": v4.ICMP(type=3, code=3) / LOCAL / TCP,
        "quoted echo": v4.ICMP(type=3, code=1) / LOCAL / v4.ICMP(id=9, seq=8),
        "quoted options": v4.ICMP(type=11)
        / v4.IP(src="10.8.0.2", dst=FAR, options=[v4.IPOption_RR()])
        / UDP,
        "quoted first fragment": v4.ICMP(type=11, code=1)
        / v4.IP(src="10.8.0.2", dst=FAR, flags="MF")
        / UDP,
        "quoted later fragment": v4.ICMP(type=11)
        / v4.IP(src=A, dst=B, frag=185, proto=17)
        / bytes(8),
        "quoted esp": v4.ICMP(type=3, code=1) / v4.IP(src=A, dst=B, proto=50) / bytes(8),
        "quoted sctp": v4.ICMP(type=3, code=2)
        / v4.IP(src=A, dst=B, proto=132)
        / pack("!HHII", 5060, 5061, 1, 0),
        "timestamp": v4.ICMP(type=13, id=3, seq=4, ts_ori=1000, ts_rx=0, ts_tx=0),
        "timestamp reply": v4.ICMP(type=14, id=3, seq=4, ts_ori=1, ts_rx=86399999, ts_tx=45296789),
        "information request": v4.ICMP(type=15, id=3, seq=4),
        "information reply": v4.ICMP(type=16, id=3, seq=4),
        "address mask request": v4.ICMP(type=17, id=3, seq=4, addr_mask="0.0.0.0"),
        "address mask reply": v4.ICMP(type=18, id=3, seq=4, addr_mask="255.255.254.0"),
        "router solicitation": v4.ICMP(type=10),
    }
    found = {name: bytes(ip / layer) for name, layer in layers.items()}
    for code in range(16):
        found[f"unreachable {code}"] = bytes(ip / v4.ICMP(type=3, code=code) / LOCAL / UDP)
    return found | _ipv4_raw()


def _ipv4_raw() -> dict[str, bytes]:
    router = socket.inet_aton("10.0.0.1")
    found = {
        "router advertisement": icmp(9, 0, pack("!BBH4sI4si", 2, 2, 1800, router, 5, router, 0)),
        "mobile router advertisement": icmp(9, 16, pack("!BBH4sI", 1, 2, 30, router, 9)),
        "mpls": extended(11, 0, MPLS),
        "mpls, no length": extended(11, 0, MPLS, length=0),
        "interface information": extended(3, 1, INTERFACE),
        "unknown object": extended(12, 0, UNKNOWN),
        "extended echo by index": icmp(
            42, 0, pack("!HBB", 7, 1, 1) + structure((3, 2, pack("!I", 3)))
        ),
        "extended echo by name": icmp(42, 0, pack("!HBB", 7, 2, 0) + structure((3, 1, b"eth0"))),
        "extended echo by address": icmp(
            42,
            0,
            pack("!HBB", 7, 3, 0) + structure((3, 3, pack("!HBB4s", 1, 4, 0, router))),
        ),
        "extended echo reply": icmp(43, 0, pack("!HBB", 7, 1, 2 << 5 | 6)),
    }
    for code in range(1, 5):
        found[f"extended echo refused {code}"] = icmp(43, code, pack("!HBB", 7, 1, 0))
    for kind in (6, *range(19, 42), *range(253, 256)):
        found[f"type {kind}"] = icmp(kind, 0, pack("!I", 9) + bytes(LOCAL / UDP))
    for code in range(1, 6):
        found[f"type 40, code {code}"] = icmp(40, code, pack("!I", 9) + bytes(LOCAL / UDP))
    return found


def _ipv6() -> dict[str, bytes]:
    ip = v6.IPv6(src=A6, dst=B6)
    mac = "02:00:00:00:00:01"
    ra = v6.ICMPv6ND_RA(M=1, O=0, H=1, prf=3, P=0, chlim=64, routerlifetime=1800)
    ra.reachabletime, ra.retranstimer = 30000, 1000
    record = v6.ICMPv6MLDMultAddrRec
    layers = {
        "echo request": v6.ICMPv6EchoRequest(id=7, seq=1, data=b"abcdefgh"),
        "echo reply": v6.ICMPv6EchoReply(id=0xFFFF, seq=0xFFFF),
        "packet too big": v6.ICMPv6PacketTooBig(mtu=1280) / LOCAL6 / TCP,
        "jumbo mtu": v6.ICMPv6PacketTooBig(mtu=0xFFFFFFFF) / LOCAL6 / UDP,
        "time exceeded": v6.ICMPv6TimeExceeded() / LOCAL6 / UDP,
        "reassembly": v6.ICMPv6TimeExceeded(code=1) / LOCAL6 / UDP,
        "port, tcp": v6.ICMPv6DestUnreach(code=4) / LOCAL6 / TCP,
        "quoted echo": v6.ICMPv6DestUnreach(code=3) / LOCAL6 / v6.ICMPv6EchoRequest(id=9, seq=8),
        "quoted hop by hop": v6.ICMPv6ParamProblem(code=2, ptr=42)
        / LOCAL6
        / v6.IPv6ExtHdrHopByHop(options=[v6.PadN(optdata=b"1234")])
        / UDP,
        "quoted chain": v6.ICMPv6DestUnreach(code=4)
        / LOCAL6
        / v6.IPv6ExtHdrDestOpt()
        / v6.IPv6ExtHdrRouting(addresses=[A6])
        / v6.IPv6ExtHdrFragment(m=1)
        / UDP,
        "quoted fragment": v6.ICMPv6TimeExceeded(code=1)
        / LOCAL6
        / v6.IPv6ExtHdrFragment(offset=185, nh=17)
        / bytes(16),
        "mld query": v6.ICMPv6MLQuery(mrd=10000, mladdr="::"),
        "mld query of a group": v6.ICMPv6MLQuery(mrd=1000, mladdr=GROUP6),
        "mld report": v6.ICMPv6MLReport(mladdr=GROUP6),
        "mld done": v6.ICMPv6MLDone(mladdr=GROUP6),
        "mld2 query": v6.ICMPv6MLQuery2(mrd=10000, mladdr=GROUP6, S=1, QRV=2, QQIC=125),
        "mld2 query of sources": v6.ICMPv6MLQuery2(mladdr=GROUP6, sources=[A6, FAR6]),
        "mld2 report": v6.ICMPv6MLReport2(
            records=[
                record(rtype=4, dst=GROUP6),
                record(rtype=1, dst=GROUP6, sources=[A6, FAR6]),
                record(rtype=6, dst="ff02::fb", sources=[B6], auxdata=b"12345678", auxdata_len=2),
            ]
        ),
        "router solicitation": v6.ICMPv6ND_RS() / v6.ICMPv6NDOptSrcLLAddr(lladdr=mac),
        "router advertisement": ra
        / v6.ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64, L=1, A=1, R=0)
        / v6.ICMPv6NDOptMTU(mtu=1400)
        / v6.ICMPv6NDOptSrcLLAddr(lladdr=mac),
        "resolvers": ra
        / v6.ICMPv6NDOptRDNSS(dns=[FAR6, A6], lifetime=600)
        / v6.ICMPv6NDOptDNSSL(searchlist=["example.net.", "a.example.org."], lifetime=500),
        "routes": ra
        / v6.ICMPv6NDOptRouteInfo(prefix="2001:db8:2::", plen=48, prf=1, rtlifetime=99, len=3)
        / option(38, pack("!HI8x", 225 << 3 | 1, 0x0064FF9B))
        / option(37, b"https://portal.example.net/"),
        "home agent": ra
        / v6.ICMPv6NDOptAdvInterval(advint=4000)
        / v6.ICMPv6NDOptHAInfo(pref=5, lifetime=700)
        / v6.ICMPv6NDOptMAP(dist=3, pref=9, validlifetime=77, addr=FAR6),
        "flags extension": ra / v6.ICMPv6NDOptEFA() / v6.ICMPv6NDOptShortcutLimit(shortcutlim=40),
        "neighbor solicitation": v6.ICMPv6ND_NS(tgt=B6) / v6.ICMPv6NDOptSrcLLAddr(lladdr=mac),
        "duplicate address detection": v6.ICMPv6ND_NS(tgt=B6)
        / v6.ICMPv6NDOptUnknown(type=14, data=b"nonce6"),
        "neighbor advertisement": v6.ICMPv6ND_NA(tgt=B6, R=1, S=1, O=1)
        / v6.ICMPv6NDOptDstLLAddr(lladdr=mac),
        "redirect": v6.ICMPv6ND_Redirect(tgt=A6, dst=FAR6)
        / v6.ICMPv6NDOptDstLLAddr(lladdr=mac)
        / v6.ICMPv6NDOptRedirectedHdr(pkt=LOCAL6 / UDP / bytes(8)),
        "inverse solicitation": v6.ICMPv6ND_INDSol()
        / v6.ICMPv6NDOptSrcLLAddr(lladdr=mac)
        / v6.ICMPv6NDOptDstLLAddr(lladdr=mac),
        "inverse advertisement": v6.ICMPv6ND_INDAdv()
        / v6.ICMPv6NDOptSrcLLAddr(lladdr=mac)
        / v6.ICMPv6NDOptTgtAddrList(addrlist=[A6, B6]),
        "query noop": v6.ICMPv6NIQueryNOOP(nonce=NONCE),
        "query name": v6.ICMPv6NIQueryName(nonce=NONCE, data=FAR6),
        "query addresses": v6.ICMPv6NIQueryIPv6(nonce=NONCE, data="host.example.net", flags=62),
        "query ipv4": v6.ICMPv6NIQueryIPv4(nonce=NONCE, data="192.0.2.9"),
        "reply name": v6.ICMPv6NIReplyName(nonce=NONCE, data=[20, b"host.example.net"]),
        "reply addresses": v6.ICMPv6NIReplyIPv6(nonce=NONCE, data=[(10, A6), (20, FAR6)]),
        "reply ipv4": v6.ICMPv6NIReplyIPv4(nonce=NONCE, data=[(10, "192.0.2.9")]),
        "reply refused": v6.ICMPv6NIReplyRefuse(nonce=NONCE),
        "reply unknown": v6.ICMPv6NIReplyUnknown(nonce=NONCE),
        "home agent request": v6.ICMPv6HAADRequest(id=77),
        "home agent reply": v6.ICMPv6HAADReply(id=77, addresses=[FAR6, A6]),
        "mobile prefix solicitation": v6.ICMPv6MPSol(id=77),
        "mobile prefix advertisement": v6.ICMPv6MPAdv(id=77, flags=3)
        / v6.ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64),
        "multicast router advertisement": v6.ICMPv6MRD_Advertisement(
            advinter=20, queryint=125, robustness=2
        ),
        "multicast router solicitation": v6.ICMPv6MRD_Solicitation(),
        "multicast router termination": v6.ICMPv6MRD_Termination(),
    }
    found = {name: bytes(ip / layer) for name, layer in layers.items()}
    for code in range(10):
        found[f"unreachable {code}"] = bytes(ip / v6.ICMPv6DestUnreach(code=code) / LOCAL6 / UDP)
    for code in range(11):
        problem = v6.ICMPv6ParamProblem(code=code, ptr=40 + code)
        found[f"parameter problem {code}"] = bytes(ip / problem / LOCAL6 / UDP)
    return found | _ipv6_raw()


def _ipv6_raw() -> dict[str, bytes]:
    address = socket.inet_pton(socket.AF_INET6, "2001:db8:5::")
    match = pack("!BBBBBBH16s", 2, 7, 1, 48, 48, 128, 0, address)
    use = pack("!BBBBIIB3x16s", 48, 16, 0xC0, 0x80, 7200, 3600, 0x80, address)
    result = pack("!HBBI16s", 3, 1, 48, 4, address)
    found = {
        "renumbering command": icmp6(138, 0, pack("!IBBHI", 1400, 2, 0xB0, 30, 0) + match + use),
        "renumbering result": icmp6(138, 1, pack("!IBBHI", 1400, 2, 0x48, 30, 0) + result * 2),
        "renumbering reset": icmp6(138, 255, pack("!IBBHI", 0, 0, 0, 0, 0)),
        "path solicitation": icmp6(148, 0, pack("!HH", 5, 0xFFFF)),
        "path advertisement": icmp6(149, 0, pack("!HHHH", 5, 3, 2, 0)),
        "fast handover": icmp6(154, 0, pack("!BBH", 2, 0, 99)),
        "dis": icmp6(155, 0, bytes(4)),
        "dio": icmp6(155, 1, pack("!BBHBBBB16s", 30, 240, 256, 0x8A, 1, 0, 0, address)),
        "dao": icmp6(155, 2, pack("!BBBB16s", 30, 0xC0, 0, 9, address)),
        "dao without dodag": icmp6(155, 2, pack("!BBBB", 30, 0x80, 0, 9)),
        "dao ack": icmp6(155, 3, pack("!BBBB16s", 30, 0x80, 9, 1, address)),
        "locator update": icmp6(156, 0, pack("!BBHQHH", 1, 1, 0, 0x20010DB800000001, 10, 60)),
        "dar": icmp6(157, 0, pack("!BBHQ16s", 0, 0, 60, 0x0200000000000001, address)),
        "dac": icmp6(158, 0, pack("!BBHQ16s", 1, 0, 60, 0x0200000000000001, address)),
        "mpls": extended6(3, 0, MPLS),
        "next hop": extended6(1, 0, NEXT_HOP6),
        "extended echo by index": icmp6(
            160, 0, pack("!HBB", 7, 1, 1) + structure((3, 2, pack("!I", 3)))
        ),
        "extended echo reply": icmp6(161, 0, pack("!HBB", 7, 1, 2 << 5 | 5)),
        "extended echo refused": icmp6(161, 3, pack("!HBB", 7, 1, 0)),
    }
    for kind in (0, 100, 101, 127, 150, 159, 200, 201, 255):
        found[f"type {kind}"] = icmp6(kind, 0, bytes(LOCAL6 / UDP))
    return found


PACKETS = {(4, name): packet for name, packet in _ipv4().items()}
PACKETS |= {(6, name): packet for name, packet in _ipv6().items()}


def message_bytes(packet: bytes) -> bytes:
    """Return the ICMP message in an IP packet without options or extension headers."""
    return packet[20:] if packet[0] >> 4 == 4 else packet[40:]


def pcap(packets: list[bytes]) -> bytes:
    """Return a capture of raw IP packets."""
    head = pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    return head + b"".join(pack("<IIII", n, 0, len(p), len(p)) + p for n, p in enumerate(packets))
