import time, numpy as np, sys, os
import faiss
faiss.omp_set_num_threads(1)
from usearch.index import Index as U
import voyager
d=32; r=np.random.default_rng(0)
def entries(n, r, kind):
    """people: clusters? each entry a point; queries are entries plus noise, on the unit sphere"""
    if kind=='even': x=r.normal(size=(n,d))
    else:  # embedding-like: few effective directions
        A=np.random.default_rng(1).normal(size=(8,d)); x=r.normal(size=(n,8))@A+.15*r.normal(size=(n,d))
    x/=np.linalg.norm(x,axis=1,keepdims=True); return x.astype('float32')
def best(f,reps=3):
    t=[]
    for _ in range(reps): a=time.perf_counter(); out=f(); t.append(time.perf_counter()-a)
    return min(t),out
def kmeans(X,k,r,rounds=8,sample=20000):
    S=X[r.permutation(len(X))[:sample]]; C=S[r.choice(len(S),k,replace=False)]
    for _ in range(rounds):
        near=(S@C.T).argmax(1); sums=np.zeros_like(C); np.add.at(sums,near,S); n=np.linalg.norm(sums,axis=1,keepdims=True)
        C=np.where(n>0,sums/np.maximum(n,1e-9),C)
    return C
class IVF:
    def __init__(s,X,k,r):
        s.X=X; s.C=kmeans(X,k,r); cell=(X@s.C.T).argmax(1); order=np.argsort(cell,kind='stable'); s.lists=np.split(order,np.searchsorted(cell[order],np.arange(1,k)))
    def search(s,Q,probes):
        cells=np.argsort(-(Q@s.C.T),axis=1)[:,:probes]; out=np.empty(len(Q),int)
        for i,(q,c) in enumerate(zip(Q,cells)):
            ids=np.concatenate([s.lists[j] for j in c]); out[i]=ids[(s.X[ids]@q).argmax()] if len(ids) else -1
        return out
for kind in ('even','embedding'):
  for n in (10,100,1000,10_000,100_000):
    r=np.random.default_rng(0); X=entries(n,r,kind); idx=r.integers(n,size=500)
    Q=X[idx]+.1*r.normal(size=(500,d)).astype('float32'); Q/=np.linalg.norm(Q,axis=1,keepdims=True); Q=Q.astype('float32')
    t,true=best(lambda:np.concatenate([(q@X.T).argmax(1) for q in np.array_split(Q,500)])); rows=[('numpy exact, one by one',0,t,1.)]
    t,b=best(lambda:(Q@X.T).argmax(1)); rows.append(('numpy exact, batch',0,t,np.mean(b==true)))
    a=time.perf_counter(); F=faiss.IndexFlatIP(d); F.add(X); bt=time.perf_counter()-a; t,b=best(lambda:F.search(Q,1)[1][:,0]); rows.append(('faiss flat',bt,t,np.mean(b==true)))
    for ef in (16,64):
        a=time.perf_counter(); F=faiss.IndexHNSWFlat(d,16,faiss.METRIC_INNER_PRODUCT); F.hnsw.efConstruction=64; F.add(X); bt=time.perf_counter()-a; F.hnsw.efSearch=ef; t,b=best(lambda:F.search(Q,1)[1][:,0]); rows.append((f'faiss HNSW ef {ef}',bt,t,np.mean(b==true)))
    for ef in (16,64):
        a=time.perf_counter(); u=U(ndim=d,metric='ip',dtype='f32',connectivity=16,expansion_add=64,expansion_search=ef); u.add(np.arange(n),X,threads=1); bt=time.perf_counter()-a; t,b=best(lambda:u.search(Q,1,threads=1).keys.ravel()); rows.append((f'usearch ef {ef}',bt,t,np.mean(b==true)))
    for ef in (16,64):
        a=time.perf_counter(); v=voyager.Index(voyager.Space.InnerProduct,num_dimensions=d,M=16,ef_construction=64); v.add_items(X,num_threads=1); bt=time.perf_counter()-a; t,b=best(lambda:v.query(Q,1,num_threads=1,query_ef=ef)[0][:,0]); rows.append((f'voyager ef {ef}',bt,t,np.mean(b==true)))
    if n>=1000:
        k=int(np.sqrt(n))
        a=time.perf_counter(); I=IVF(X,k,np.random.default_rng(0)); bt=time.perf_counter()-a
        for p in (1,4,16): t,b=best(lambda:I.search(Q,p)); rows.append((f'numpy IVF {k} cells, {p} visited',bt,t,np.mean(b==true)))
        a=time.perf_counter(); q=faiss.IndexFlatIP(d); F=faiss.IndexIVFFlat(q,d,k,faiss.METRIC_INNER_PRODUCT); F.train(X); F.add(X); bt=time.perf_counter()-a
        for p in (1,4,16): F.nprobe=p; t,b=best(lambda:F.search(Q,1)[1][:,0]); rows.append((f'faiss IVF {k}, {p}',bt,t,np.mean(b==true)))
        # same centres: equal answers?
        q=faiss.IndexFlatIP(d); q.add(I.C); F=faiss.IndexIVFFlat(q,d,k,faiss.METRIC_INNER_PRODUCT); F.is_trained=True; F.add(X); F.nprobe=4; same=np.mean(F.search(Q,1)[1][:,0]==I.search(Q,4)); rows.append(('faiss IVF with our centres = numpy IVF',0,0,same))
    for name,bt,t,rec in rows: print(f'{kind:9} {n:7,} {name:40} build {bt:7.3f} s  {1e6*t/500:9.1f} us/query  recall {rec:.3f}',flush=True)
