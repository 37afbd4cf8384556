"""What several pages of the console consist of: filters, tables and cards."""
