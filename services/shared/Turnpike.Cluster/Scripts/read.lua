-- Reads a hash together with the time, for what begins or ends by the store's clock.
-- KEYS    1 the hash
-- ARGV    none
-- Result  1 the store's clock (ms of Unix time), 2 fields and values in turn
local t = redis.call('TIME')
return { string.format('%.0f', t[1] * 1000 + math.floor(t[2] / 1000)), redis.call('HGETALL', KEYS[1]) }
