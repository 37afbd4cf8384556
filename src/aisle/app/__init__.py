"""Settings, wiring, and the two flows: `train.py` and `serve.py`. `Shop` is the front door for notebooks."""
