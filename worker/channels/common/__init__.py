"""Code that several channels share."""
