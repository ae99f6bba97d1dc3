import sys, os, csv, glob
from collections import defaultdict, Counter
d, pred = sys.argv[1:3]
for f in sorted(glob.glob(os.path.join(d, "*_2k.log_structured.csv"))):
    n = os.path.basename(f)[:-len("_2k.log_structured.csv")]
    rows = list(csv.DictReader(open(f, encoding="utf8", errors="replace")))
    p = {r["LineId"]: r["TemplateId"] for r in csv.DictReader(open(os.path.join(pred, n + "_2k.csv")))}
    t = defaultdict(list); g = defaultdict(list)
    for r in rows: t[r["EventId"]].append(r); g[p[r["LineId"]]].append(r)
    print("=====", n)
    bad = [(len(v), e) for e, v in t.items() if {r["LineId"] for r in v} != {r["LineId"] for r in g[p[v[0]["LineId"]]]}]
    for c, e in sorted(bad, reverse=True)[:6]:
        ps = Counter(p[r["LineId"]] for r in t[e]).most_common(4)
        print("  ", c, e, t[e][0]["EventTemplate"][:140], "| predicted groups", [(k, x, len(g[k]), len({r["EventId"] for r in g[k]})) for k, x in ps])
        for k, _ in ps[:3]: print("        ", [r["Content"] for r in t[e] if p[r["LineId"]] == k][0][:150])
