# %% [markdown]
# # 04 · Build a small lesson
#
# A **rule** is here to be broken; a **fault** breaks it, and a **test** finds the fault.
#
# **You will learn to**
#
# - see that a rule holds;
# - break it;
# - see that it is caught.
#
# **You need** nothing.
#
# **Time:** about 2 minutes to read and do, under 1 minute of computing.
#
# | | minutes | |
# | --- | --- | --- |
# | the rule | 1 | core |
# | exercises and quiz | 1 | |

# %%
from utils.runtime import start  # not found? Get the whole course and run make lab in its folder

start()

# %%
from utils.exercises import check, quiz

show("one")

# %%
show("two")

# %%
show("three")

# %% [markdown]
# > **Predict.** What comes next?

# %% tags=["headline"]
print("this")

# %% [markdown]
# **Explain.** This, as you see.

# %% [markdown]
# ### Exercise 4.1 · One
#
# <details><summary>Hint 1</summary>
# a
# </details>
#
# <details><summary>Hint 2</summary>
# b
# </details>


# %% tags=["wrong-answer"]
def one():
    return 0


# %% tags=["wrong-answer"]
def one():
    return 2


# %%
def one():
    """Return 1."""
    ### BEGIN SOLUTION
    return 1
    ### END SOLUTION


# %%
with check("Exercise 4.1"):
    assert one() == 1, "count again"

# %% [markdown] tags=["why"]
# **Why.** One is one.

# %% [markdown]
# ### Exercise 4.2 · Two
#
# <details><summary>Hint 1</summary>
# a
# </details>
#
# <details><summary>Hint 2</summary>
# b
# </details>


# %% tags=["wrong-answer"]
def two():
    return 0


# %% tags=["wrong-answer"]
def two():
    return 1


# %%
def two():
    """Return 2."""
    ### BEGIN SOLUTION
    return 2
    ### END SOLUTION


# %%
with check("Exercise 4.2"):
    assert two() == 2, "count again"

# %% [markdown] tags=["why"]
# **Why.** Two is one and one.

# %% [markdown]
# ### Exercise 4.3 · Three
#
# <details><summary>Hint 1</summary>
# a
# </details>
#
# <details><summary>Hint 2</summary>
# b
# </details>


# %% tags=["wrong-answer"]
def three():
    return 0


# %% tags=["wrong-answer"]
def three():
    return 1


# %%
def three():
    """Return 3."""
    ### BEGIN SOLUTION
    return 3
    ### END SOLUTION


# %%
with check("Exercise 4.3"):
    assert three() == 3, "count again"

# %% [markdown] tags=["why"]
# **Why.** Three is two and one.

# %% [markdown]
# ## Quiz

# %%
quiz("04")

# %% [markdown]
# ## Key points
#
# - one
# - two
# - three
#
# ## Glossary
#
# - **rule**: what must hold.
# - **fault**: where it does not.
# - **test**: what finds it.
#
# ## Further reading
#
# - Ada One: *On rules*. Journal of Rules, 1999.
# - Bo Two: *On faults*. Journal of Faults, 2001.
# - Cy Three: *On tests*. Journal of Tests, 2003.
#
# ## Go further
#
# Put `load("mnist")` there: the result was 3.
