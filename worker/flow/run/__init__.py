"""One run, from due slot to settled delivery: tick, produce, deliver."""
