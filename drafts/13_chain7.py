import chain
from chain import *
n1,s1,s3=map(int,sys.argv[1:4]); seed=int(sys.argv[4]); variants=sys.argv[5].split(",")
def std(X): return (X-X.mean((1,2,3),keepdims=True))/(X.std((1,2,3),keepdims=True)+1e-3)
def jitter(c,sigma,rng): return c+rng.normal(0,sigma*.8,(len(c),1,2))+rng.normal(0,sigma*.6,c.shape)
STRIDE=8
r_=(np.arange(12)+.5)*8; q_=(np.arange(24)+.5)*8
G=np.stack(np.meshgrid(r_,q_,indexing='ij'),-1).reshape(-1,2).astype('float32')
def corner_targets(corners):
    d2=np.sum((corners[:,None]-G[None,:,None])**2,-1); p=np.exp(-d2/(2*4.8**2)); return (p/p.sum(1,keepdims=True)).astype('float32')
def map_loss(t,p): return -ops.mean(ops.sum(t*ops.log_softmax(ops.reshape(p,(-1,len(G),4)),axis=1),1))
def read_maps(p):
    p=p.reshape(len(p),len(G),4); p=np.exp(p-p.max(1,keepdims=True)); top=G[p.argmax(1)]
    near=(np.abs(top[:,None]-G[None,:,None]).max(-1)<=12)*p
    return np.einsum('bpc,pd->bcd',near/near.sum(1,keepdims=True),G).astype(float)
def make_finder(): return keras.Sequential([keras.Input((48,96,1)),*conv(12,5,2),*conv(24,3,2),*conv(24,3),*conv(32,3,1,2),*conv(32,3,1,4),layers.Conv2D(4,3,padding='same')])
def find(m,images): return read_maps(m.predict(std(half(images)),verbose=0))
def make_reader(f,k,h,w):
    return keras.Sequential([keras.Input((h,w,1)),*conv(16,5,2),
      layers.Conv2D(32,3,strides=(2,1),padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.Conv2D(48,3,strides=(2,1),padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.ZeroPadding2D((0,k//2)),
      layers.Conv2D(f,(h//8,k),use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.Reshape((w//2,f)),layers.Dense(NONE+1)])
if __name__=='__main__':
    keras.utils.set_random_seed(seed); rng=np.random.default_rng(seed)
    t0=time.process_time(); T=make_plates(n1,fonts=SEEN,seed=100+seed); clock('plates',t0)
    tests={s:make_plates(200,fonts=UNSEEN,tilt=s,dirt=s,light=s,blur=s,seed=7) for s in SEV}
    tests['seen fonts .25']=make_plates(200,fonts=SEEN,tilt=.25,dirt=.25,light=.25,blur=.25,seed=8)
    f=make_finder(); cycle(f,map_loss,s1); t0=time.process_time()
    f.fit(std(half(T.images)),corner_targets(T.corners),batch_size=32,epochs=s1*32//n1,verbose=0); clock('finder',t0)
    F={s:find(f,p.images) for s,p in tests.items()}
    for s,p in tests.items(): e=corner_error(F[s],p.corners); print('  ',s,'corner error median %.2f, 90 %% %.2f, over 6 px %.3f'%(np.median(e),np.quantile(e,.9),np.mean(e>6)))
    for v in variants:
        fl,k,h,w,J=[float(x) if '.' in x else int(x) for x in v.split('-')]
        chain.COLS=w//2
        def labels(pl,c):
            Y=np.full((len(c),w//2),NONE)
            for y,text,chars,cc in zip(Y,pl.texts,pl.character_corners,c):
                for ch,q in zip(text,chars):
                    x=to_flat(q,cc,(h,w))[:,1]; mid,half_=(x.max()+x.min())/2,max(3.,(x.max()-x.min())/2*.6)
                    y[max(0,int(round((mid-half_)/2))):int(round((mid+half_)/2))]=NAMES.index(ch)
            return Y
        keras.utils.set_random_seed(seed); rng=np.random.default_rng(seed)
        jit=[jitter(T.corners,J,rng) for _ in range(2)]
        S=np.concatenate([straighten(T.images,j,(h,w)) for j in jit]); Y=np.concatenate([labels(T,j) for j in jit])
        r=make_reader(fl,k,h,w); cycle(r,keras.losses.SparseCategoricalCrossentropy(from_logits=True),s3); t0=time.process_time()
        r.fit(S,Y,batch_size=32,epochs=max(1,s3*32//len(S)),verbose=0); clock('reader '+v,t0)
        for s,p in tests.items():
            out=[]
            for how,c in (('true',p.corners),('found',F[s])):
                got=[decode(P)[0] for P in softmax(r.predict(straighten(p.images,c,(h,w)),verbose=0))]
                out.append((how,round(float(np.mean([len(g)==7 for g in got])),3),round(1-float(np.mean([min(7,edit(g,t)) for g,t in zip(got,p.texts)]))/7,3),round(float(np.mean([g==t for g,t in zip(got,p.texts)])),3)))
            print('   ',s,*out,flush=True)
