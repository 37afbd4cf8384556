"""Files and requests in, checked batches out: read, mapped and validated by one set of rules. Nothing is stored."""
