"""What the notebooks share. Each module stands alone; only `runtime` may be imported by others."""
