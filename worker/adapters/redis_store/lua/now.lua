-- Returns the time. keys: none; A: empty
return now
