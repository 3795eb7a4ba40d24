-- Keeps what a scaler remembers and, where it differs from the last one, its decision. One process writes at a time.
-- KEYS    1 number of the last decision, its shape, what is remembered (hash: number, shape, memory)
--         2 decisions, the oldest first (list)
--         3 who writes (string)
-- ARGV    1 who asks                                5 the decision
--         2 milliseconds for which it alone writes  6 decisions that are kept
--         3 what is remembered                      7 channel of the announcements
--         4 shape of the decision                   8 message for them
-- Result  number of the decision; 0: it is the last one again; -1: somebody else writes
local holder = redis.call('GET', KEYS[3])
if holder and holder ~= ARGV[1] then return -1 end
redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[1], 'memory', ARGV[3])
if redis.call('HGET', KEYS[1], 'shape') == ARGV[4] then return 0 end
redis.call('HSET', KEYS[1], 'shape', ARGV[4])
local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
redis.call('RPUSH', KEYS[2], ARGV[5])
redis.call('LTRIM', KEYS[2], '-' .. ARGV[6], -1)
redis.call('PUBLISH', ARGV[7], ARGV[8])
return number
