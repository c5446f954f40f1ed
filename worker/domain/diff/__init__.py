"""What changed between two snapshots, why, and the bridge that adds up to the closing."""
