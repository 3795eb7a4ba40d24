-- Writes and reads, to find out whether the store can do both.
-- KEYS    1 a key in the slot in question
-- ARGV    none
-- Result  the store's clock, milliseconds of Unix time
local t = redis.call('TIME')
local now = string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000))
redis.call('SET', KEYS[1], now, 'PX', 60000)
return now
