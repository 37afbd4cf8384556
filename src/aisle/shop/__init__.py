"""What a shop is made of: events, ids, money, moments, columns, errors. No I/O, no import from the rest of Aisle."""
