-- Takes an edge out at once, and keeps for a while that it left in order.
-- KEYS    1 number of the last change (string)      5 edge id → digest of its shape (hash)
--         2 what → number of its last change (zset) 6 orders of this edge (hash)
--         3 edge id → record (hash)                 7 edge id → when it left in order, ms of Unix time (zset)
--         4 edge id → expiry (zset)
-- ARGV    1 channel of the announcements, 2 edge id, 3 1 when it left in order, else 0, 4 milliseconds that this is kept
-- Result  1 when it was a member, else 0
redis.call('ZREM', KEYS[2], 'orders:' .. ARGV[2])
redis.call('DEL', KEYS[6])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HDEL', KEYS[5], ARGV[2])
if redis.call('ZREM', KEYS[4], ARGV[2]) == 0 then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[3] == '1' then
  redis.call('ZREMRANGEBYSCORE', KEYS[7], '-inf', string.format('%.0f', now - tonumber(ARGV[4])))
  redis.call('ZADD', KEYS[7], string.format('%.0f', now), ARGV[2])
  redis.call('PEXPIRE', KEYS[7], ARGV[4])
end
local number = string.format('%.0f', math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, t[1] * 1000000 + t[2]))
redis.call('SET', KEYS[1], number)
redis.call('ZADD', KEYS[2], number, 'edges')
redis.call('PUBLISH', ARGV[1], 'edges')
return 1
