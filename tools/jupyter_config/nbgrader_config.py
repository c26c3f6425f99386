# Empty on purpose: without such a file, nbgrader warns at every start of JupyterLab.
