"""What several channels make in the same way."""
