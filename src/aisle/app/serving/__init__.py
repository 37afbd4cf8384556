"""The parts of an answer: the live model, what the database says of a shopper, shelves, reasons. No training here."""
