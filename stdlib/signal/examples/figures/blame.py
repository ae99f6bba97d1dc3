import sys, os, json, cilog_score as c
from collections import defaultdict
d, pred = sys.argv[1:3]
def report(name, p):
    r = c.score(d, p); proj = defaultdict(list)
    for k, v in r["per_case"].items():
        proj[json.load(open(os.path.join(d, k, "truth.json")))["project"]].append(v)
    m = lambda key: sum(sum(x[key] for x in v) / len(v) for v in proj.values()) / len(proj)
    print(f"  {name:42s} cases hit@1 {r['hit@1']:.3f} MRR {r['MRR']:.3f}  {len(proj)} projects hit@1 {m('hit@1'):.3f} hit@3 {m('hit@3'):.3f} MRR {m('MRR'):.3f}")
    return r
b = c.baselines(d)
report("masked difference", b["new against pass.log, error word first"])
p = json.load(open(pred))
r = report("blame", p)
if os.environ.get("FIGURES_FILES"):
    for k, v in r["per_case"].items():
        if v["MRR"] < 1:
            L = c.lines(f"{d}/{k}/fail.log"); t = json.load(open(f"{d}/{k}/truth.json"))["annotators"]
            print("=====", k, v["MRR"], {a: x["error"][:5] for a, x in t.items()})
            for i in p[k][:4]: print("    P", i, L[i - 1][:170])
