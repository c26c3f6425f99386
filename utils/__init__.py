"""What the notebooks share.

Each module stands alone; only `runtime` and `pictures` may be imported by others.
"""
