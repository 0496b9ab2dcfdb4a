"""Widgets: views of a project that act on it, in JupyterLab, Notebook 7, VS Code and wherever ipywidgets work.

`widget` is what all share: state goes to the browser as JSON, clicks come back as the names of actions, and a table or
picture stands beside each, for saved notebooks that no kernel runs. `repo` adds them to `Repo`; the others are one
widget a module, each with a script of its own in `assets`, loaded from there: nothing comes from a network.
"""
