"""Code that all sources share: parsing answers, sentences for refusals, pace, and looking up departures."""
