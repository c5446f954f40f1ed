"""What the API answers and reads, as its description shows it. Every answer is checked against these."""
