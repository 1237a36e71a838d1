import sys, time, json, os, signal
sys.path.insert(0, ".")
from pyicmp.icmp.verdicts import tracer as vt, hooks as vh, decode as vd
from pyicmp.icmp.drops.alarms import Freed, is_false_alarm
from pyicmp.icmp.hooks import Hook
from pyicmp.sinks.verdicts import verdict_dict
from pyicmp.icmp import tracer as tt
q1 = Hook("sock_queue_rcv_skb", {"fexit": ("sock_queue_rcv_skb_drops","fentry")}, "copies")
q0 = Hook("sock_queue_rcv_skb_reason", {"fexit": ("sock_queue_rcv_skb_reason_drops","fentry")}, "copies", q1)
class R(vt.VerdictRequest):
    purpose = "drops"
    unused_maps = frozenset({"events"})
    def hooks(self):
        hs = super().hooks()
        for h in hs:
            if h.name == "kfree_skb": h.programs = {"fexit": h.programs["fexit"], "tracepoint": h.programs["fexit"]}
        return hs[:-2] + [q0] + hs[-2:]
    def ways(self): return ["fexit", "tracepoint"] if len(sys.argv) < 2 else [sys.argv[1]]
    def configure(self, opened):
        super().configure(opened)
        c = opened.globals["config"]
        try:
            opened.globals["config"]["drops"] = True
        except Exception:
            d = dict(c) if not hasattr(c, "_asdict") else c._asdict(); d["drops"] = True; opened.globals["config"] = d
class Rd(vt._Reader):
    def _asked(self, a):
        self.request = R(**a); return self.request
    def _wanted(self, decoder, records): return records
r = Rd()
signal.signal(signal.SIGINT, lambda *_: r.stop()); signal.signal(signal.SIGTERM, lambda *_: r.stop())
with r:
    print("# ready", [n for n,_ in r.attachment.hooks], [(h.name, str(e)) for h,e in r.attachment.missing], file=sys.stderr, flush=True)
    sees = any(n.startswith("sock_queue") for n,_ in r.attachment.hooks)
    layout = r.attachment.layout
    unp = layout.unpacker("copy", "bad_checksum", "location", "reason")
    for batch in r.batches():
        extra = list(unp.iter(batch.records.data))
        for v,(c,b,l,re_) in zip(r.decoder.verdicts(batch, batch.records), extra):
            e = v.request
            f = Freed(v.function, v.reason, e.family, e.type, e.dst_bytes, c)
            print(int(is_false_alarm(f, sees)), e.netns, e.direction, e.ifname.decode(), v.outcome, v.reason, v.location, e.src, e.dst, e.type_name, e.code_name, e.id, e.seq, "copy", c, "later" if v.later else "", "fwd" if e.forwarded else "", e.header_absent, flush=True)
    print(r.stats.__dict__ if hasattr(r.stats,'__dict__') else r.stats, file=sys.stderr)
