"""run lesson cells: driver.py file... [--stop N]"""
import sys, time, resource, re, os
sys.path.insert(0, ".")
import jupytext
from utils.runtime import start
start()
import utils.plots as up, utils.exercises as ue
FIG = "."; os.makedirs(FIG, exist_ok=True)
count = [0]
import matplotlib.pyplot as plt
def show(figure, alt):
    b = up._small_png(figure); plt.close(figure); count[0] += 1
    open(f"{FIG}/{count[0]:02d}.png", "wb").write(b); print(f"[figure {count[0]} {len(b)//1024} kB]")
up.show = show
ue.quiz = lambda n: None
def cpu():
    r = resource.getrusage(resource.RUSAGE_SELF); return r.ru_utime + r.ru_stime
text = "".join(open(f).read() for f in sys.argv[1:])
nb = jupytext.reads(text, fmt="py:percent")
space = {"__name__": "lesson"}
t0 = cpu()
for i, c in enumerate(nb.cells):
    if c.cell_type != "code" or "wrong-answer" in c.metadata.get("tags", []): continue
    t = cpu()
    try:
        exec(compile(c.source, f"cell{i}", "exec"), space)
    except Exception:
        print(c.source[:400]); raise
    if cpu() - t > 0.4: print(f"--- cell {i}: {cpu()-t:.1f} s cpu: {c.source.strip().splitlines()[0][:50]}", flush=True)
print("total", cpu() - t0, "with start", cpu())
