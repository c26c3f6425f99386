"""exec lesson up to the exercises, then try answers on each check"""
import sys, io, re, contextlib
sys.path.insert(0, ".")
import jupytext
from utils.runtime import start; start()
import utils.plots as up
import matplotlib.pyplot as plt
up.show = lambda f, alt: plt.close(f)
path = sys.argv[1]
nb = jupytext.read(path, fmt="py:percent")
space = {"__name__": "lesson"}
checks, answers, wrongs, setups, num = {}, {}, {}, {}, None
for c in nb.cells:
    if c.cell_type == "markdown":
        m = re.search(r"### Exercise (14\.\d)", c.source)
        if m: num = m[1]
        continue
    if "with check(" in c.source: checks[num] = c.source; continue
    if "wrong-answer" in c.metadata.get("tags", []): wrongs.setdefault(num, []).append(c.source); continue
    if "BEGIN SOLUTION" in c.source: answers[num] = c.source; continue
    if num and "quiz(" not in c.source: setups.setdefault(num, []).append(c.source); continue
    if "quiz(" in c.source: continue
    with contextlib.redirect_stdout(io.StringIO()): exec(c.source, space)
R, W = {}, {}
W["14.1"] = ['''def count_used(m, lv, least=0.1): return int(np.sum((0.5*(m**2+lv-np.log(np.abs(lv)+1e-9)-1)).mean(0) > least))''',
 '''def count_used(m, lv, least=0.1): return int(np.sum((m**2+np.exp(lv)-lv-1).mean(0) > least))''',
 '''def count_used(m, lv, least=0.1): return int(np.sum(kl_numpy(m, lv).mean(axis=1) > least))''',
 '''def count_used(m, lv, least=0.1): return int(np.sum(kl_numpy(m, lv).mean(axis=0) > 0.1))''',
 '''def count_used(m, lv, least=0.1): return kl_numpy(m, lv).mean(axis=0)''',
 '''def count_used(m, lv, least=0.1): return int(np.sum(kl_numpy(m, lv).mean(axis=0) < least))''',
 '''def count_used(m, lv, least=0.1): return int(np.sum(np.std(m, axis=0) > least))''']
R["14.1"] = ['''def count_used(m, lv, least=0.1): return np.count_nonzero(np.mean(kl_numpy(m, lv), 0) > least)''',
 '''def count_used(m, lv, least=0.1):
    n = 0
    for j in range(m.shape[1]):
        if sum(kl_numpy(m[i, j], lv[i, j]) for i in range(len(m)))/len(m) > least: n += 1
    return n''',
 '''def count_used(m, lv, least=0.1): return (np.array(ops.mean(0.5*(ops.square(m)+ops.exp(lv)-lv-1), axis=0)) > least).sum()''']
W["14.2"] = ['''def best_loss(p, q): return 2*np.log(2)''',
 '''def best_loss(p, q):
    D = np.clip(p/(p+q), 1e-12, 1-1e-12); return -np.sum(p*np.log(D))''',
 '''def best_loss(p, q):
    D = np.clip(p/(p+q), 1e-12, 1-1e-12); return -np.sum(p*np.log(D)) + np.sum(q*np.log(1-D))''',
 '''def best_loss(p, q):
    D = np.clip(p/(p+q), 1e-12, 1-1e-12); return -np.sum(p*np.log(D)) - np.sum(p*np.log(1-D))''',
 '''def best_loss(p, q):
    D = np.clip(p/(p+q), 1e-12, 1-1e-12); return -np.sum(p*np.log2(D)) - np.sum(q*np.log2(1-D))''',
 '''def best_loss(p, q):
    return np.nansum(-p*np.log(p/(p+q)) - q*np.log(q/(p+q)))''',
 '''def best_loss(p, q): return p/(p+q)''',
 '''def best_loss(p, q):
    keep = (p > 0) & (q > 0); p, q = p[keep], q[keep]
    return -np.sum(p*np.log(p/(p+q))) - np.sum(q*np.log(q/(p+q)))''']
R["14.2"] = ['''def best_loss(p, q):
    from scipy.special import xlogy
    return -np.sum(xlogy(p, p/(p+q)) + xlogy(q, q/(p+q)))''',
 '''def best_loss(p, q):
    D = np.clip(p/(p+q), 1e-12, 1-1e-12); return -np.sum(p*np.log(D)) - np.sum(q*np.log(1-D))''',
 '''def best_loss(p, q):
    total = 0.0
    for a, b in zip(p, q):
        if a > 0: total -= a*np.log(a/(a+b))
        if b > 0: total -= b*np.log(b/(a+b))
    return total''',
 '''def best_loss(p, q):
    m = (p+q)/2
    def kl(a, b):
        k = a > 0
        return np.sum(a[k]*np.log(a[k]/b[k]))
    return 2*np.log(2) - kl(p, m) - kl(q, m)''']
base = '''def find_copies(made, training, unseen, share=0.05):
    rows = training.reshape(len(training), -1)
    def nearest(X):
        moves = [(d, r) for d in (-1,0,1) for r in (-1,0,1)]
        return np.min([distances(np.roll(X, m, axis=(1,2)).reshape(len(X), -1), rows).min(axis=1) for m in moves], axis=0)
    return np.flatnonzero(nearest(made) < np.quantile(nearest(unseen), share))'''
W["14.3"] = [base.replace("share))", "0.05))"), base.replace("share))", "1 - share))"), base.replace("(-1,0,1) for r in (-1,0,1)", "(-1,0,1) for r in (0,)"),
 base.replace("(-1,0,1) for r in (-1,0,1)", "(0,1) for r in (0,1)"), base.replace(" < np.quantile", " > np.quantile"), base.replace("np.flatnonzero(", "(").replace("< np.quantile(nearest(unseen), share))", "< np.quantile(nearest(unseen), share))"),
 base.replace("axis=(1,2)", "axis=(0,1)"), base.replace("np.quantile(nearest(unseen), share)", "nearest(unseen).min()*0+share*nearest(unseen).mean()"), base.replace(".min(axis=1)", ".mean(axis=1)"), base.replace("np.min([", "np.mean([")]
R["14.3"] = [base, '''def find_copies(made, training, unseen, share=0.05):
    def d(x):
        best = np.inf
        for a in (-1,0,1):
            for b in (-1,0,1):
                m = np.roll(np.roll(x, a, 0), b, 1)
                best = min(best, np.sqrt(np.sum((training - m)**2, axis=(1,2,3))).min())
        return best
    t = np.quantile([d(x) for x in unseen], share)
    return np.array([i for i, x in enumerate(made) if d(x) < t])''',
 '''def find_copies(made, training, unseen, share=0.05):
    T = np.concatenate([np.roll(training, (a, b), (1, 2)) for a in (-1,0,1) for b in (-1,0,1)]).reshape(-1, 784)
    f = lambda X: distances(X.reshape(-1, 784), T).min(1)
    return np.nonzero(f(made) < np.quantile(f(unseen), share))[0].tolist()''']
W["14.4"] = ['''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(1, draws+1)])
    return np.bincount(read(P).argmax(1), minlength=10)/draws''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(draws)])
    return np.bincount(read(P).argmax(1), minlength=10)''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(draws)])
    return np.bincount(read(P).argmax(1))/draws''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(draws)])
    return np.bincount(read(P).argmax(1), minlength=10)/10''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(draws)])
    return np.bincount(read(P).argmax(0), minlength=10)/draws''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.stack([restore(seen, s) for s in range(draws)])
    return read(P).max(axis=0)/read(P).max(axis=0).sum()''']
R["14.4"] = ['''def answer_shares(restore, read, seen, draws):
    shares = np.zeros(10)
    for s in range(draws): shares[read(restore(seen, s)[np.newaxis])[0].argmax()] += 1/draws
    return shares''',
 '''def answer_shares(restore, read, seen, draws):
    P = np.array([restore(seen, seed=s) for s in range(draws)])
    return np.eye(10)[np.argmax(read(P), axis=-1)].mean(axis=0)''',
 '''def answer_shares(restore, read, seen, draws):
    a = [int(np.argmax(read(np.expand_dims(restore(seen, s), 0)))) for s in range(draws)]
    return [a.count(k)/draws for k in range(10)]''']
b5 = '''def perfect_estimate(x, angle, pictures):
    noisy, clean = np.asarray(x).reshape(len(x), -1), pictures.reshape(len(pictures), -1)
    e = -(distances(noisy, np.cos(angle)*clean)**2)/(2*np.sin(angle)**2)
    w = np.exp(e - e.max(axis=1, keepdims=True))
    w = w/w.sum(axis=1, keepdims=True)
    return (w @ clean).reshape(x.shape).astype("float32")'''
W["14.5"] = [b5.replace("**2)/(2*np.sin(angle)**2)", "**2)/(np.sin(angle)**2)"), b5.replace("np.sin(angle)**2", "np.sin(angle)"), b5.replace("    w = w/w.sum(axis=1, keepdims=True)\n", ""),
 b5.replace("-(dist", "(dist"), b5.replace("**2)/(2", ")/(2"), b5.replace("np.cos(angle)*clean", "np.sin(angle)*clean").replace("np.sin(angle)**2", "np.cos(angle)**2"),
 b5.replace("(w @ clean)", "np.repeat(clean.mean(0)[None], len(x), 0)"), b5.replace("w.sum(axis=1, keepdims=True)", "w.sum(axis=0, keepdims=True)"), b5.replace("(w @ clean)", "(w @ (np.cos(angle)*clean))"), b5.replace("e - e.max(axis=1, keepdims=True)", "e")]
R["14.5"] = [b5, '''def perfect_estimate(x, angle, pictures):
    from scipy.special import softmax
    x = np.asarray(x)
    e = np.array([[-np.sum((a - np.cos(angle)*p)**2)/(2*np.sin(angle)**2) for p in pictures] for a in x])
    return np.tensordot(softmax(e, axis=1), pictures, axes=1).astype("float32")''',
 '''def perfect_estimate(x, angle, pictures):
    f = tf.reshape(tf.cast(x, tf.float64), (len(x), -1)); c = tf.reshape(tf.cast(pictures, tf.float64), (len(pictures), -1))
    d = tf.reduce_sum((f[:, None] - np.cos(angle)*c[None])**2, -1)
    w = tf.nn.softmax(-d/(2*np.sin(angle)**2), axis=1)
    return tf.reshape(tf.cast(w @ c, tf.float32), x.shape)''']
def run(num, source):
    for s in setups.get(num, []):
        if "restore_half" in s or "restore_check" in s or True: exec(s, space)
    exec(source, space)
    out = io.StringIO()
    with contextlib.redirect_stdout(out): exec(checks[num], space)
    return out.getvalue().strip()
for num in sorted(checks):
    print("=====", num, "wrong tagged", len(wrongs[num]), "extra", len(W[num]))
    for s in wrongs[num] + W[num]:
        o = run(num, s); flag = "" if "not yet" in o and "cannot use" not in o and "raised an error" not in o else "  <<<<<<"
        print("  W:", o[:230], flag)
    for s in [answers[num]] + R[num]:
        o = run(num, s); print("  R:", o[:200], "" if o.endswith("correct") else "  <<<<<<")
