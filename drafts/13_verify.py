import numpy as np, time
def error_rates(genuine, impostor):
    """thresholds (ascending), FAR, FRR; accepted is score >= threshold; ends with accept none"""
    genuine,impostor=np.sort(genuine),np.sort(impostor)
    t=np.append(np.unique(np.concatenate([genuine,impostor])),np.inf)
    far=1-np.searchsorted(impostor,t,side='left')/len(impostor)
    frr=np.searchsorted(genuine,t,side='left')/len(genuine)
    return t,far,frr
def equal_error_rate(genuine, impostor):
    """where FAR and FRR cross; between two thresholds both are joined by a straight line"""
    _,far,frr=error_rates(genuine,impostor); gap=far-frr          # falls from 1 to -1
    i=np.flatnonzero(gap>=0)[-1]
    share=gap[i]/(gap[i]-gap[i+1])
    return far[i]+share*(far[i+1]-far[i])
def ranks(scores, right):
    """rank of the right entry, 1 = first; ties count against it. scores (probes, entries), right (probes,)"""
    own=scores[np.arange(len(scores)),right][:,None]
    return (scores>=own).sum(1)
def cmc(scores,right): r=ranks(scores,right); return np.array([(r<=k).mean() for k in range(1,scores.shape[1]+1)])
if __name__=='__main__':
    from sklearn.metrics import roc_curve,det_curve,auc,roc_auc_score,top_k_accuracy_score
    worst=0
    for seed in range(300):
        r=np.random.default_rng(seed); g=r.normal(1.,1,r.integers(1,60)); m=r.normal(0,1,r.integers(1,90))
        if seed%2: g,m=np.round(g,0),np.round(m,0)      # many ties
        y=np.r_[np.ones(len(g)),np.zeros(len(m))]; s=np.r_[g,m]
        t,far,frr=error_rates(g,m)
        fpr,tpr,th=roc_curve(y,s,drop_intermediate=False)
        worst=max(worst,np.abs(fpr[::-1]-far).max(),np.abs(tpr[::-1]-(1-frr)).max(),abs(auc(far[::-1],1-frr[::-1])-roc_auc_score(y,s)))
        assert np.array_equal(th[::-1][:-1],t[:-1])
        f2,n2,t2=det_curve(y,s); look={a:(b,c) for a,b,c in zip(t,far,frr)}
        for a,b,c in zip(t2,f2,n2):
            if a in look: worst=max(worst,abs(look[a][0]-b),abs(look[a][1]-c))
    print('against roc_curve, det_curve, AUC over 300 draws, half with ties: largest difference',worst,'| det_curve thresholds',len(t2),'ours',len(t))
    print('by hand: genuine .9 .8 .6 .4, impostor .7 .5 .3 .2 .1 ->',[x.round(2).tolist() for x in error_rates(np.array([.9,.8,.6,.4]),np.array([.7,.5,.3,.2,.1]))],'EER',equal_error_rate(np.array([.9,.8,.6,.4]),np.array([.7,.5,.3,.2,.1])))
    print('all tied:',equal_error_rate(np.ones(5),np.ones(7)),' apart:',equal_error_rate(np.ones(5)+1,np.ones(7)),' reversed:',equal_error_rate(np.zeros(5),np.ones(7)))
    r=np.random.default_rng(0); S=r.normal(size=(200,20)); right=r.integers(20,size=200); S[np.arange(200),right]+=2
    print('CMC = top_k:',all(abs(cmc(S,right)[k-1]-top_k_accuracy_score(right,S,k=k,labels=range(20)))<1e-12 for k in (1,2,5,19)),'rank-1',cmc(S,right)[0])
    # does the bootstrap interval hold the truth? identities as the unit against pairs as the unit
    def population(r,ids,per):
        c=r.normal(size=(ids,16)); blur=np.exp(.5*r.normal(size=(ids,1,1))); z=c[:,None]+.55*blur*r.normal(size=(ids,per,16)); return z/np.linalg.norm(z,axis=-1,keepdims=True)
    def pairs(z):
        ids,per,_=z.shape; S=z.reshape(-1,16)@z.reshape(-1,16).T; who=np.repeat(np.arange(ids),per); same=who[:,None]==who; up=np.triu(np.ones_like(same),1)
        return S,same,up
    def eer_of(z):
        S,same,up=pairs(z); return equal_error_rate(S[same&up],S[~same&up])
    truth=np.mean([eer_of(population(np.random.default_rng(900+k),300,4)) for k in range(5)]); print('true EER',truth.round(4))
    held={'pairs':0,'identities':0}; width={'pairs':[],'identities':[]}; trials=200; B=200
    for k in range(trials):
        r=np.random.default_rng(k); z=population(r,30,4); S,same,up=pairs(z); g,m=S[same&up],S[~same&up]
        bp=[equal_error_rate(r.choice(g,len(g)),r.choice(m,len(m))) for _ in range(B)]
        G=z.reshape(30,4,16); bi=[]
        for _ in range(B):
            pick=r.integers(30,size=30)
            # pairs between two copies of one identity are no impostor pairs
            zz=G[pick].reshape(-1,16); who=np.repeat(pick,4); copy=np.repeat(np.arange(30),4)
            SS=zz@zz.T; u=np.triu(np.ones((120,120),bool),1); bi.append(equal_error_rate(SS[(copy[:,None]==copy)&u],SS[(who[:,None]!=who)&u]))
        for n,b in (('pairs',bp),('identities',bi)):
            lo,hi=np.quantile(b,[.025,.975]); held[n]+=lo<=truth<=hi; width[n].append(hi-lo)
    print({n:(held[n]/trials,np.mean(width[n]).round(4)) for n in held},'share of 95 % intervals that hold the truth, mean width')
