"""The log on PySpark: session, reading, preparation, executors. The only place that prepares data with Spark."""
