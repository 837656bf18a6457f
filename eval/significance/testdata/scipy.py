"""What scipy makes of paired values.

    python eval/significance/testdata/scipy.py      (writes scipy.json beside it)
    python eval/significance/testdata/scipy.py -    (pairs from stdin, results to stdout)

Made with scipy 1.17.1. The second form serves the differential test; it leaves
out what takes long.
"""

import json
import pathlib
import sys
import warnings

# This file's own folder comes first in the search path, and its name is scipy.
sys.path = [p for p in sys.path if p and pathlib.Path(p).resolve() != pathlib.Path(__file__).resolve().parent]

import numpy as np
from scipy import stats

RESAMPLES = 100_000
LEVELS = [0.8, 0.95, 0.99]


def pairs():
    """Cases by name: sizes on both sides of every limit, with and without ties."""
    rng = np.random.default_rng(5)

    def distinct(n, shift):
        a = rng.random(n).round(4)
        return a, (a - rng.normal(shift, 0.1, n)).round(4)

    def graded(n, steps):  # as P@k: binary fractions, so that ties are exact
        return rng.integers(0, steps + 1, n) / steps, rng.integers(0, steps + 1, n) / steps

    yield "two", *distinct(2, 0)
    yield "small", *distinct(8, 0.05)
    yield "exact sign flips", *distinct(13, 0.04)
    yield "one too many", *distinct(14, 0.04)
    yield "last exact ranks", *distinct(50, 0.02)
    yield "first normal ranks", *distinct(51, 0.02)
    yield "ties 6", *graded(6, 8)
    yield "ties 13", *graded(13, 4)
    yield "ties 14", *graded(14, 4)
    yield "ties 200", *graded(200, 8)
    yield "far apart", *distinct(300, 0.3)
    yield "one outlier", np.r_[np.full(11, 0.25), 1.0], np.r_[np.full(11, 0.25), 0.0]
    yield "better everywhere", np.arange(1, 11) / 16, np.zeros(10)


def results(a, b, slow):
    a, b = np.asarray(a, float), np.asarray(b, float)
    out = {}
    t = stats.ttest_rel(a, b)
    out["t"] = [float(t.statistic), int(t.df), float(t.pvalue)]
    w = stats.wilcoxon(a, b)
    out["wilcoxon"] = [float(w.statistic), float(w.pvalue)]
    out["wilcoxon_normal"] = float(stats.wilcoxon(a, b, method="asymptotic").pvalue)
    d = a - b
    if np.unique(np.abs(d[d != 0])).size == d.size:
        out["wilcoxon_exact"] = float(stats.wilcoxon(a, b, method="exact").pvalue)
    if 2 ** d.size <= 10_000:
        p = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=10_000)
        out["permutation"] = float(p.pvalue)
    if slow and d.size >= 8:
        out["bootstrap"] = []
        for level in LEVELS:
            r = stats.bootstrap((d,), np.mean, n_resamples=RESAMPLES, batch=1000, confidence_level=level,
                                method="percentile", rng=np.random.default_rng(1))
            ci = r.confidence_interval
            out["bootstrap"].append([level, float(ci.low), float(ci.high), float(r.standard_error)])
    return out


def main():
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["-"]:
        given = json.load(sys.stdin)
        json.dump([{**case, **results(case["a"], case["b"], slow=False)} for case in given], sys.stdout)
        return
    cases = [{"name": name, "a": list(map(float, a)), "b": list(map(float, b)), **results(a, b, slow=True)}
             for name, a, b in pairs()]
    lines = ",\n".join(json.dumps(case) for case in cases)
    pathlib.Path(__file__).with_name("scipy.json").write_text(f"[\n{lines}\n]\n")


main()
