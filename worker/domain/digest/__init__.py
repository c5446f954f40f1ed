"""What one reader is told about one run, free of any channel."""
