"""Which slots of a schedule are due, spread, paused or missed."""
