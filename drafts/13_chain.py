import sys; sys.path.insert(0,'.')
from utils.runtime import start
start()
import time, numpy as np, keras, tensorflow as tf
from keras import layers, ops
from PIL import Image
from utils.plates import *
NAMES=PLATE_LETTERS+"0123456789"; NONE=len(NAMES)
UNSEEN=("STIXGeneral","STIXGeneralBol","cmss10","cmtt10"); SEEN=tuple(f for f in PLATE_FONTS if f not in UNSEEN)
SEV=[0,.25,.5,.75,1.]
H,W=32,160
def clock(label,t0): print(f'  [{label}: {time.process_time()-t0:.1f} s CPU]',flush=True)
def half(X): return X.reshape(len(X),48,2,96,2,1).mean((2,4))
# ---- stage 1: corners by soft-argmax of 4 heat maps
class Centres(layers.Layer):
    """heat maps (b,h,w,4) -> expected (row,col) of each in the unit of photo pixels (b,4,2)"""
    def __init__(s,stride,**k): super().__init__(**k); s.stride=stride
    def call(s,maps):
        b,h,w,c=maps.shape
        p=ops.softmax(ops.reshape(maps,(-1,h*w,c)),axis=1)
        r=(np.arange(h)+.5)*s.stride; q=(np.arange(w)+.5)*s.stride
        grid=np.stack(np.meshgrid(r,q,indexing='ij'),-1).reshape(-1,2).astype('float32')
        return ops.einsum('bpc,pd->bcd',p,grid)
def conv(f,k,s=1,d=1): return [layers.Conv2D(f,k,strides=s,dilation_rate=d,padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU()]
def finder(kind):
    L=[keras.Input((48,96,1)),*conv(12,5,2),*conv(24,3,2),*conv(24,3),*conv(32,3,1,2),*conv(32,3,1,4)]  # 12x24
    if kind=='heat': L+=[layers.Conv2D(4,3,padding='same'),Centres(8)]
    else: L+=[layers.Conv2D(16,3,strides=2,padding='same',activation='relu'),layers.Flatten(),layers.Dense(64,activation='relu'),layers.Dense(8),layers.Rescaling(48.,offset=0),layers.Reshape((4,2))]
    return keras.Sequential(L)
def cycle(model,loss,steps,peak=.01):
    rise=steps//4
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(peak/10,decay_steps=steps-rise,warmup_steps=rise,warmup_target=peak)),loss)
def corner_loss(t,p): return ops.mean(ops.abs(t-p))/4
def corner_error(pred,true): return np.linalg.norm(pred-true,axis=-1).mean(-1)   # mean over 4 corners, pixels
# ---- straighten
def homography(corners,size):
    h,w=size; goal=np.array([[0,0],[w,0],[w,h],[0,h]],float)
    A=[]
    for (x,y),(r,c) in zip(goal,corners):
        A+= [[x,y,1,0,0,0,-x*c,-y*c],[0,0,0,x,y,1,-x*r,-y*r]]
    return np.linalg.solve(np.array(A),np.asarray(corners,float)[:,::-1].ravel())
def straighten(images,corners,size=(H,W)):
    out=np.empty((len(images),*size,1),'float32')
    for o,i,c in zip(out,images,corners):
        o[...,0]=np.asarray(Image.fromarray(i[...,0]).transform(size[::-1],Image.Transform.PERSPECTIVE,homography(c,size),Image.Resampling.BILINEAR))
    return (out-out.mean((1,2,3),keepdims=True))/(out.std((1,2,3),keepdims=True)+1e-3)
def to_flat(points,corners,size=(H,W)):
    """photo points (k,2) (row,col) -> straightened coordinates (k,2)"""
    a=homography(corners,size); M=np.append(a,1).reshape(3,3)
    q=np.column_stack([points[:,1],points[:,0],np.ones(len(points))])@np.linalg.inv(M).T
    return (q[:,:2]/q[:,2:])[:,::-1]
# ---- stage 2+3: reader, one answer a column
COLS=W//2
def column_labels(plates,corners):
    Y=np.full((len(plates.texts),COLS),NONE)
    for y,text,chars,c in zip(Y,plates.texts,plates.character_corners,corners):
        for ch,q in zip(text,chars):
            x=to_flat(q,c)[:,1]; mid,half=(x.max()+x.min())/2, max(4.,(x.max()-x.min())/2*.6)
            y[max(0,int(round((mid-half)/2))):int(round((mid+half)/2))]=NAMES.index(ch)
    return Y
def reader():
    return keras.Sequential([keras.Input((H,W,1)),*conv(16,5,2),
      layers.Conv2D(32,(3,3),strides=(2,1),padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.Conv2D(48,(3,3),strides=(2,1),padding='same',use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.ZeroPadding2D((0,3)),
      layers.Conv2D(96,(4,7),use_bias=False),layers.BatchNormalization(momentum=.9),layers.ReLU(),
      layers.Reshape((COLS,96)),layers.Dense(NONE+1)])
def softmax(z): e=np.exp(z-z.max(-1,keepdims=True)); return e/e.sum(-1,keepdims=True)
def decode(P):
    """runs of columns that are not none -> characters; returns text and probs (k,34)"""
    ink=P[:,NONE]<.5
    edges=np.flatnonzero(np.diff(np.r_[0,ink,0])); runs=edges.reshape(-1,2)
    text,probs=[],[]
    for a,b in runs:
        if b-a<2: continue
        q=P[a:b,:NONE].mean(0); text.append(NAMES[q.argmax()]); probs.append(q/q.sum())
    return ''.join(text),np.array(probs)
def edit(a,b):
    d=list(range(len(b)+1))
    for i,x in enumerate(a,1):
        prev=d[:]; d[0]=i
        for j,y in enumerate(b,1): d[j]=min(prev[j]+1,d[j-1]+1,prev[j-1]+(x!=y))
    return d[-1]
