import sys; sys.path.insert(0,'.')
from utils.runtime import start
start()
import time, numpy as np, keras, tensorflow as tf
from keras import layers, ops
from utils.fonts import *
from utils.synthetic import make_glyphs

# ---------- NumPy losses with gradients
def contrastive_loss(z1, z2, same, margin=1.0):
    apart = z1 - z2
    distance = np.sqrt(np.sum(apart**2, axis=1))
    missing = np.maximum(0, margin - distance)
    return np.mean(np.where(same, distance**2, missing**2))
def contrastive_gradient(z1, z2, same, margin=1.0):
    apart = z1 - z2
    distance = np.sqrt(np.sum(apart**2, axis=1))
    missing = np.maximum(0, margin - distance)
    factor = np.where(same, 2.0, -2 * missing / np.maximum(distance, 1e-12)) / len(z1)
    return factor[:, None] * apart          # wrt z1; wrt z2 is minus this
def triplet_loss(a, p, n, margin=0.2):
    return np.mean(np.maximum(0, np.sum((a-p)**2,1) - np.sum((a-n)**2,1) + margin))
def triplet_gradient(a, p, n, margin=0.2):
    active = (np.sum((a-p)**2,1) - np.sum((a-n)**2,1) + margin > 0)[:,None]
    f = 2*active/len(a)
    return f*(n-p), f*(p-a), f*(a-n)
def check_grads():
    r=np.random.default_rng(0)
    a,p,n=r.normal(size=(3,50,8))*0.4
    same=r.random(50)<.5
    with tf.GradientTape() as t:
        A,P=tf.Variable(a),tf.Variable(p)
        d2=tf.reduce_sum((A-P)**2,1); d=tf.sqrt(d2)
        L=tf.reduce_mean(tf.where(same,d2,tf.maximum(0.,1-d)**2))
    g=t.gradient(L,[A,P]); mine=contrastive_gradient(a,p,same)
    print('contrastive',float(L)-contrastive_loss(a,p,same),np.abs(g[0]-mine).max(),np.abs(g[1]+mine).max())
    with tf.GradientTape() as t:
        V=[tf.Variable(x) for x in (a,p,n)]
        L=tf.reduce_mean(tf.nn.relu(tf.reduce_sum((V[0]-V[1])**2,1)-tf.reduce_sum((V[0]-V[2])**2,1)+.2))
    g=t.gradient(L,V)
    print('triplet',float(L)-triplet_loss(a,p,n),[float(np.abs(x-y).max()) for x,y in zip(g,triplet_gradient(a,p,n))])

# ---------- batch losses in Keras
def squared_distances(z):
    return ops.maximum(2 - 2*ops.matmul(z, ops.transpose(z)), 0.)   # unit vectors
def batch_contrastive(margin=1.0):
    def loss(y, z):
        y=ops.reshape(y,(-1,)); n=ops.shape(y)[0]
        d2=squared_distances(z); d=ops.sqrt(d2+1e-9)
        same=ops.cast(y[:,None]==y[None],'float32'); off=1-ops.eye(n)
        s=same*off; o=1-same
        return ops.sum(s*d2)/ops.sum(s) + ops.sum(o*ops.maximum(0.,margin-d)**2)/ops.sum(o)
    return loss
def batch_triplet(margin=0.2, mining='semi'):
    def loss(y, z):
        y=ops.reshape(y,(-1,)); n=ops.shape(y)[0]
        d=squared_distances(z)
        same=y[:,None]==y[None]
        pos=ops.logical_and(same, ops.eye(n)<.5); neg=ops.logical_not(same)
        if mining=='hard':
            hp=ops.max(ops.where(pos,d,-1.),1); hn=ops.min(ops.where(neg,d,9.),1)
            return ops.mean(ops.maximum(0.,hp-hn+margin))
        t=d[:,:,None]-d[:,None,:]+margin       # (a,p,n)
        valid=ops.logical_and(pos[:,:,None],neg[:,None,:])
        if mining=='semi':   # negatives farther than the positive, but inside the margin
            valid=ops.logical_and(valid, ops.logical_and(t>0, t<margin))
        elif mining=='active': valid=ops.logical_and(valid,t>0)
        m=ops.cast(valid,'float32')
        return ops.sum(m*ops.maximum(t,0.))/ops.maximum(ops.sum(m),1.)
    return loss
def body(dim, normalise=True):
    L=[keras.Input((28,28,1))]
    for f,k,s in ((16,5,2),(32,3,2),(64,3,2)):
        L+=[layers.Conv2D(f,k,strides=s,padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU()]
    L+=[layers.Flatten(),layers.Dense(dim)]
    if normalise: L+=[layers.UnitNormalization()]
    return keras.Sequential(L)
class Balanced(keras.utils.PyDataset):
    def __init__(s,X,y,classes,per,steps,seed):
        super().__init__(); s.X,s.y,s.c,s.p,s.steps=X,y,classes,per,steps
        s.r=np.random.default_rng(seed); s.where=[np.flatnonzero(y==k) for k in np.unique(y)]
    def __len__(s): return s.steps
    def __getitem__(s,i):
        ks=s.r.choice(len(s.where),s.c,replace=False)
        idx=np.concatenate([s.r.choice(s.where[k],s.p,replace=False) for k in ks])
        return s.X[idx],s.y[idx]
def compile_cycle(model, loss, steps, peak=0.01):
    rise=steps//4
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(peak/10,decay_steps=steps-rise,warmup_steps=rise,warmup_target=peak)),loss)

def split(seed):
    """train chars, unseen chars, train fonts, unseen fonts"""
    r=np.random.default_rng(seed)
    chars=list(r.permutation([c for c in DIGITS+CAPITALS if c not in 'OI']))
    families={'sans':[f for f in FONTS if f.startswith('DejaVuSans') and 'Mono' not in f],
      'mono':[f for f in FONTS if 'Mono' in f],'serif':[f for f in FONTS if 'DejaVuSerif' in f],
      'stix':[f for f in FONTS if f.startswith('STIX')],'cm':[f for f in FONTS if f.startswith('cm')]}
    order=list(r.permutation(list(families)))
    unseen=families[order[0]]
    seen=[f for f in FONTS if f not in unseen]
    return chars[:22],chars[22:],seen,unseen
def unit(F):
    F=np.asarray(F,dtype='float64').reshape(len(F),-1)
    return F/np.maximum(np.linalg.norm(F,axis=1,keepdims=True),1e-12)
def centred(F):
    F=np.asarray(F,dtype='float64').reshape(len(F),-1); return unit(F-F.mean(1,keepdims=True))
def one_shot(embed, chars, fonts, distortion, seed, shots=1, trials=20, probes=20):
    """mean rank-1 over trials: a gallery of one example each, probes of the same characters"""
    X,y=make_glyphs(len(chars)*(probes+trials*shots),''.join(chars),fonts=fonts,distortion=distortion,seed=seed)
    Z=embed(X); acc=[]
    by=[np.flatnonzero(y==k) for k in range(len(chars))]
    P=np.concatenate([b[:probes] for b in by])
    for t in range(trials):
        G=np.concatenate([b[probes+t*shots:probes+(t+1)*shots] for b in by])
        near=(Z[P]@Z[G].T).argmax(1)
        acc.append(np.mean(y[G][near]==y[P]))
    return np.mean(acc)
def hog(X):
    from skimage.feature import hog
    return np.array([hog(x[...,0],orientations=9,pixels_per_cell=(7,7),cells_per_block=(2,2)) for x in X])
