"""JupyterLab for one person alone, whether this machine can run it, and wheels without network."""
