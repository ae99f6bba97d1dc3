import sys, json, numpy as np, nab_score as s
out, corpus, labels = sys.argv[1:4]
files, _ = s.load(labels, out)
prof = "standard"
def norm(raw, n): return 100.0 * (raw + n) / (2.0 * n)
n = sum(len(f.windows) for f in files)
thr, raw = s.sweep(files, prof)
got = fp = ep = 0
for f in files:
    _, g, p, e, _ = s.at_threshold(f, prof, thr); got += g; fp += p; ep += e
print(f"  own optimum {norm(raw, n):.2f} at {thr:.6g}: windows {got}/{n}, false rows {fp}, false episodes {ep}")
tot = got = ep = 0
ths = []
for k in range(5):
    t, _ = s.sweep([f for i, f in enumerate(files) if i % 5 != k], prof); ths.append(round(t, 5))
    for f in files[k::5]:
        r, g, p, e, _ = s.at_threshold(f, prof, t); tot += r; got += g; ep += e
print(f"  carried over 5 folds {norm(tot, n):.2f}: windows {got}/{n}, false episodes {ep}, thresholds {ths}")
import os
r, ep, got = 0, 0, 0
own = float(os.environ.get("FIGURES_OWN", "0.5"))
for f in files:
    a, g, _, e, _ = s.at_threshold(f, prof, own); r += a; ep += e; got += g
print(f"  at the alarm threshold {own}: {norm(r, n):.2f}, windows {got}/{n}, false episodes {ep}")
for p in ("reward_low_FP_rate", "reward_low_FN_rate"):
    t, raw = s.sweep(files, p); w = s.PROFILES[p][1]
    print(f"  {p} {100.0 * (raw + w * n) / (n + w * n):.2f}", end="")
if not os.environ.get("FIGURES_FAST"):
    v = [s.vus_pr(f.label[f.live], f.score[f.live], 100, 10) for f in files if f.label[f.live].sum()]
    print(f"  VUS-PR {np.nanmean(v):.4f}", end="")
print(flush=True)
if os.environ.get("FIGURES_FILES"):
    for f in files:
        t, g, p, e, _ = s.at_threshold(f, prof, thr)
        print(f"    {f.rel:60s} raw {t:6.2f} windows {g}/{len(f.windows)} false rows {p} episodes {e}")
