"""Settings, wiring, and the two flows: `train.py` and `serve.py`. Notebooks and commands use `Shop`."""
