import sys; args=sys.argv[1:]; sys.argv=[sys.argv[0],'0','0','0','0','x']
from chain7 import *
import chain, json
n1,s1,s3,seed=map(int,args[:4]); h,w,k,fl=24,112,5,64
def labels(pl,c):
    Y=np.full((len(c),w//2),NONE)
    for y,text,chars,cc in zip(Y,pl.texts,pl.character_corners,c):
        for ch,q in zip(text,chars):
            x=to_flat(q,cc,(h,w))[:,1]; mid,half_=(x.max()+x.min())/2,max(3.,(x.max()-x.min())/2*.6)
            y[max(0,int(round((mid-half_)/2))):int(round((mid+half_)/2))]=NAMES.index(ch)
    return Y
def columns(r,images,c): return softmax(r.predict(straighten(images,c,(h,w)),verbose=0))
def boxes_read(P,chars,c):
    """characters read at their true boxes"""
    t=''
    for q in chars:
        x=to_flat(q,c,(h,w))[:,1]; m=(x.max()+x.min())/4; t+=NAMES[P[max(0,int(m-1)):int(m+1.5)+1,:NONE].mean(0).argmax()]
    return t
def by_components(image,c,how='otsu'):
    from skimage.filters import threshold_otsu,threshold_sauvola
    from skimage.measure import label,regionprops
    S=straighten(image[None],c[None],(48,224))[0,...,0]
    L=label(S<(threshold_otsu(S) if how=='otsu' else threshold_sauvola(S,25,k=.1))); return sum(1 for p in regionprops(L) if 22<=p.bbox[2]-p.bbox[0]<=42 and 4<=p.bbox[3]-p.bbox[1]<=30)
LET=np.array([ch in PLATE_LETTERS for ch in NAMES])
def grammar(probs):
    if len(probs)!=7: return ''.join(NAMES[q.argmax()] for q in probs)
    return ''.join(NAMES[np.where(LET==(kind=='A'),q,-1).argmax()] for kind,q in zip('AA00AAA',probs))
keras.utils.set_random_seed(seed); rng=np.random.default_rng(seed); tt=time.process_time()
T=make_plates(n1,fonts=SEEN,seed=100+seed)
f=make_finder(); cycle(f,map_loss,s1); f.fit(std(half(T.images)),corner_targets(T.corners),batch_size=32,epochs=s1*32//n1,verbose=0)
jit=[jitter(T.corners,2.,rng) for _ in range(2)]
S=np.concatenate([straighten(T.images,j,(h,w)) for j in jit]); Y=np.concatenate([labels(T,j) for j in jit])
r=make_reader(fl,k,h,w); cycle(r,keras.losses.SparseCategoricalCrossentropy(from_logits=True),s3); r.fit(S,Y,batch_size=32,epochs=max(1,s3*32//len(S)),verbose=0)
clock('plates + finder + reader',tt)
def row(p):
    c=find(f,p.images); e=corner_error(c,p.corners); n=len(p.texts)
    Pt,Pf=columns(r,p.images,p.corners),columns(r,p.images,c)
    dt=[decode(P) for P in Pt]; df=[decode(P) for P in Pf]
    ch=np.mean([a==b for P,q,cc,t in zip(Pt,p.character_corners,p.corners,p.texts) for a,b in zip(boxes_read(P,q,cc),t)])
    acc=lambda G:float(np.mean([a==b for a,b in zip(G,p.texts)]))
    ca=lambda G:1-float(np.mean([min(7,edit(a,b)) for a,b in zip(G,p.texts)]))/7
    c2=np.mean([by_components(i,q,'sauvola')==7 for i,q in zip(p.images,p.corners)])
    cc=np.mean([by_components(i,q)==7 for i,q in zip(p.images,p.corners)])
    return dict(corners_within_3px=np.mean(e<3),seven_true=np.mean([len(t)==7 for t,_ in dt]),cc_seven_true=cc,cc_sauvola=c2,char_true_boxes=ch,char_true_corners=ca([t for t,_ in dt]),plate_true_corners=acc([t for t,_ in dt]),char_chain=ca([t for t,_ in df]),plate_chain=acc([t for t,_ in df]),plate_grammar=acc([grammar(q) for _,q in df]),power7=ca([t for t,_ in df])**7)
show=lambda n,d:print(f'{n:14}',{a:round(float(b),3) for a,b in d.items()},flush=True)
for s in SEV: show(f'all {s}',row(make_plates(200,fonts=UNSEEN,tilt=s,dirt=s,light=s,blur=s,seed=7)))
show('all .25 seen',row(make_plates(200,fonts=SEEN,tilt=.25,dirt=.25,light=.25,blur=.25,seed=8)))
for kind in ('tilt','dirt','light','blur'):
    for s in (.5,1.): show(f'{kind} {s}',row(make_plates(200,fonts=UNSEEN,**{**dict(tilt=.25,dirt=.25,light=.25,blur=.25),kind:s},seed=9)))
# register
reg=make_texts(2000,seed=5); known,unknown=reg[:1000],reg[1000:]
sev=dict(tilt=(0,.6),dirt=(0,.6),light=(0,.6),blur=(0,.6))
A=make_plates(300,known[:300],fonts=UNSEEN,**sev,seed=21); B=make_plates(300,unknown[:300],fonts=UNSEEN,**sev,seed=22)
R=np.array([[NAMES.index(c) for c in t] for t in known])
def look(p):
    out=[]
    for P,t in zip(columns(r,p.images,find(f,p.images)),p.texts):
        text,q=decode(P); d=np.array([edit(text,k_) for k_ in known]); 
        ll=-99.
        if len(q)==7: l=np.log(q[np.arange(7),R]+1e-4).sum(1)/7; j=l.argmax(); ll=l[j]; hit=known[j]==t
        else: j=d.argmin(); hit=known[j]==t; ll=-9.3-d[j]
        out.append((d.min(),(known[d.argmin()]==t) and (d==d.min()).sum()==1,ll,hit,text==t))
    return np.array(out,float)
ka,ub=look(A),look(B)
print('exact reading',ka[:,4].mean().round(3))
for t in range(5): print('edit <=',t,'right accepted',np.mean((ka[:,0]<=t)&(ka[:,1]==1)).round(3),'wrong car',np.mean((ka[:,0]<=t)&(ka[:,1]==0)).round(3),'false rejects',np.mean(ka[:,0]>t).round(3),'unknown accepted',np.mean(ub[:,0]<=t).round(3))
from sklearn.metrics import roc_curve,roc_auc_score
y=np.r_[np.ones(300),np.zeros(300)]
for name,i,sg in (('edit',0,-1),('likelihood',2,1)):
    s_=sg*np.r_[ka[:,i],ub[:,i]]; fp,tp,th=roc_curve(y,s_); j=np.argmin(np.abs(fp-(1-tp))); print(name,'AUC',round(float(roc_auc_score(y,s_)),4),'EER about',round(float(fp[j]+1-tp[j])/2,3),'right entry first',np.mean(ka[:,1 if i==0 else 3]).round(3))
np.savez(f'./register{seed}.npz',ka=ka,ub=ub)
if seed==0: f.save('./f.keras'); r.save('./r.keras')
