import subprocess, sys, time, signal
sys.path.insert(0,".")
from pathlib import Path
from tests.chain import Chain
from tests import healthy
from pyicmp import bpf
way = sys.argv[1:2]
p = subprocess.Popen([sys.executable, "proto_tmp.py", *way], stdout=open("/tmp/o","w"), stderr=subprocess.PIPE, text=True)
l = p.stderr.readline(); print(l)
if "ready" not in l:
    print(p.stderr.read()[-6000:]); sys.exit(1)
chain = Chain("h")
healthy.prepare(chain)
print({n: chain.inode(n) for n in chain.namespaces})
with bpf.open("build/tests/freed.bpf.o") as o, o.load() as obj, obj.programs["kfree_skb"].attach():
    t=time.time()
    for fam in (4,6):
        for a in healthy.ACTIONS:
            try:
                with healthy.sniffers(chain): a(chain, fam)
            except Exception as e: print("FAIL", a, fam, e)
            print(a.__name__, fam, round(time.time()-t,1), "freed", obj.globals["freed"], flush=True)
    time.sleep(1)
chain.delete()
time.sleep(1)
p.send_signal(signal.SIGINT); print(p.stderr.read()[-3000:])
from collections import Counter
lines=open("/tmp/o").read().splitlines()
print("\n".join(l for l in lines if l[0]=="0")[:8000])
print("---- suppressed"); 
c=Counter()
for l in lines:
    if l[0]=="1":
        w=l.split(); c[(w[2],w[4],w[5],w[6],w[9],w[-3:][0])]+=1
for k,v in c.items(): print(v,k)
