"""What changed between two snapshots, why, and the bridge that closes over it."""
