"""What services post to us: their events."""
