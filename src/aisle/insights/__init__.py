"""What the data says of itself: tables and findings. Drawing them is the report's."""
