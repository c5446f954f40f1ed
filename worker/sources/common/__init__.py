"""What every source needs and none owns: reading an answer by its path, refusals as sentences, departures looked up."""
