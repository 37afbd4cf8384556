"""The steps of a training: fit, measure, compare, report. They read tables and publish nothing."""
