"""The digest of one run for one reader, independent of any channel."""
