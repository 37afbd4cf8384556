"""The offline path for a log that stays on Spark; only this folder of `app` uses `prepare.spark`."""
