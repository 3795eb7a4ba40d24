-- Keeps the first value of a key.
-- KEYS    1 the key (string)
-- ARGV    1 the value, for the case that there is none
--         2 milliseconds after which it is forgotten
-- Result  the value that is kept
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
