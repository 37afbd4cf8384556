"""What was shown, what it brought, and what was computed to be shown."""
