"""The offline path where the log stays on Spark. The only place in `app` that talks to `prepare.spark`."""
