# %% [markdown]
# # 15 · Placeholder, to be replaced
