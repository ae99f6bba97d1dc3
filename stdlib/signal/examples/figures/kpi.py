import sys, os, math, json, numpy as np, tsad_score as s
from nab_score import average_precision, runs, vus_pr
out, data = sys.argv[1:3]
own = float(os.environ.get("FIGURES_OWN", "0.5"))
def at(l, x, t, delay=7):
    segs = runs(l > 0)
    hit = sum(x[a:min(e, a + delay) + 1].max() >= t for a, e in segs)
    d = (x >= t) & (l == 0)
    fa = int((d & ~np.concatenate(([False], d[:-1]))).sum())
    return 2.0 * hit / (2 * hit + fa + len(segs) - hit) if segs else float("nan"), hit, len(segs), fa
rows = []
for f in sorted(x for x in os.listdir(data) if x.endswith(".csv")):
    l = s.column(os.path.join(data, f), "label"); x = s.column(os.path.join(out, f), "anomaly_score")
    k = int(min(math.floor(0.15 * len(l)), 750)); l, x = (l[k:] > 0).astype(int), x[k:]
    if l.sum() == 0: continue
    e = at(l, x, own)
    rows.append((average_precision(l, x), s.point_f1(l, x), s.event_f1(l, x, 7), e[0],
                 float("nan") if os.environ.get("FIGURES_FAST") else vus_pr(l, x, 20, 4)))
    if os.environ.get("FIGURES_FILES"):
        print(f"    {f} auc {rows[-1][0]:.3f} best event {rows[-1][2]:.3f} own {e[0]:.3f} hits {e[1]}/{e[2]} false {e[3]}")
m = np.array(rows).mean(0)
print(f"  AUC-PR {m[0]:.4f}  point F1 {m[1]:.4f}  event F1 best {m[2]:.4f}, at the alarm threshold {own} {m[3]:.4f}  VUS-PR {m[4]:.4f}", flush=True)
