"""Models of what items are and of what people write. They read texts and attributes."""
