from emb import *
from verify import equal_error_rate
from utils.imagenet import picture_features
D=.7; N=2200; STEPS=250
def protocol(embed,un,uf,seed,enrolled=6,probes=20,trials=20):
    """rank-1 of 12 with 1 and 5 shots; open set: 6 enrolled, 6 unknown, nearest-entry score"""
    per=probes+trials
    X,y=make_glyphs(len(un)*per,''.join(un),fonts=uf,distortion=D,seed=50+seed)
    Z=embed(X); by=np.array([np.flatnonzero(y==k) for k in range(len(un))]); P=by[:,:probes].ravel()
    one,five,eer,far1=[],[],[],[]
    r=np.random.default_rng(seed)
    for t in range(trials):
        G=Z[by[:,probes+t]]; S=Z[P]@G.T; one.append(np.mean(S.argmax(1)==y[P]))
        pick=r.choice(np.arange(probes,per),5,replace=False); C=unit(Z[by[:,pick]].mean(1)); five.append(np.mean((Z[P]@C.T).argmax(1)==y[P]))
        chosen=r.permutation(len(un))[:enrolled]; So=S[:,chosen]; known=np.isin(y[P],chosen); eer.append(equal_error_rate(So[known].max(1),So[~known].max(1)))
    return [round(float(np.mean(v)),3) for v in (one,five,eer)]
for seed in range(3):
    tr,un,sf,uf=split(seed); row={}
    row['pixels']=protocol(centred,un,uf,seed); row['hog']=protocol(lambda X:unit(hog(X)),un,uf,seed)
    t0=time.process_time(); F,_=make_glyphs(60,''.join(tr),fonts=sf,distortion=D,seed=10+seed); mu=picture_features(F).mean(0)
    row['imagenet centred']=protocol(lambda X:unit(picture_features(X)-mu),un,uf,seed); row['imagenet_s']=round(time.process_time()-t0,1)
    lower=[c for c in 'abdefghijklmnqrt']
    for k in (3,6,12,22,38):
        chars=(tr+lower)[:k]; X,y=make_glyphs(N,''.join(chars),fonts=sf,distortion=D,seed=10+seed)
        for kind in ('semi','softmax'):
            keras.utils.set_random_seed(seed); b=body(32,kind=='semi'); classes=min(16,k); per=64//classes
            if kind=='semi': compile_cycle(b,batch_triplet(.4,'semi'),STEPS); b.fit(Balanced(X,y,classes,per,STEPS,seed),epochs=1,verbose=0)
            else:
                m=keras.Sequential([b,layers.BatchNormalization(momentum=.9),layers.ReLU(),layers.Dense(k)]); compile_cycle(m,keras.losses.SparseCategoricalCrossentropy(from_logits=True),STEPS); m.fit(Balanced(X,y,classes,per,STEPS,seed),epochs=1,verbose=0)
            row[f'{kind} {k} chars']=protocol(lambda X:unit(b.predict(X,verbose=0,batch_size=256)),un,uf,seed)
    print(seed,row,flush=True)
