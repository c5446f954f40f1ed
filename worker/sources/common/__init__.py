"""What every source shares: parsing answers, sentences for refusals, pace, and looking up departures."""
