-- Keeps an edge a member, drops those that are silent, and tells what changed. Without an edge it only tells.
-- KEYS    1 number of the last change (string)      5 edge id → digest of its shape (hash)
--         2 what → number of its last change (zset) 6 orders of this edge (hash)
--         3 edge id → record (hash)                 7 epoch (string)
--         4 edge id → expiry (zset)
-- ARGV    1 channel of the announcements            5 milliseconds until the record expires
--         2 edge id; empty: no edge                 6 number of the last change that the caller knows
--         3 record                                  7 random part of an epoch, should there be none
--         4 digest of its shape                     8 milliseconds that unread orders are kept
-- Result  1 epoch, 2 its age (ms), 3 number of the last change, 4 what changed since ARGV[6], 5 orders (field, value, …),
--         6 number of edges, 7 the store's clock (ms of Unix time)
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local edge = ARGV[2]
local changed = false

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 100)) do
  if gone ~= edge then
    redis.call('ZREM', KEYS[4], gone)
    redis.call('HDEL', KEYS[3], gone)
    redis.call('HDEL', KEYS[5], gone)
    redis.call('ZREM', KEYS[2], 'orders:' .. gone)
    changed = true
  end
end

if edge ~= '' then
  if redis.call('HGET', KEYS[5], edge) ~= ARGV[4] then
    redis.call('HSET', KEYS[5], edge, ARGV[4])
    changed = true
  end
  redis.call('HSET', KEYS[3], edge, ARGV[3])
  redis.call('ZADD', KEYS[4], string.format('%.0f', now + tonumber(ARGV[5])), edge)
end

local change = tonumber(redis.call('GET', KEYS[1]) or '0')
if changed then
  change = math.max(change + 1, t[1] * 1000000 + t[2])
  local number = string.format('%.0f', change)
  redis.call('SET', KEYS[1], number)
  redis.call('ZADD', KEYS[2], number, 'edges')
  redis.call('PUBLISH', ARGV[1], 'edges')
end

local epoch = redis.call('GET', KEYS[7])
if not epoch then
  epoch = ARGV[7] .. ':' .. string.format('%.0f', now)
  redis.call('SET', KEYS[7], epoch)
end
local age = now - tonumber(string.match(epoch, ':(%d+)$') or now)

local orders = {}
if edge ~= '' then
  orders = redis.call('HGETALL', KEYS[6])
  if #orders > 0 then redis.call('PEXPIRE', KEYS[6], ARGV[8]) end
end
local since = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[6], '+inf')
return { epoch, string.format('%.0f', age), string.format('%.0f', change), since, orders, redis.call('ZCARD', KEYS[4]), string.format('%.0f', now) }
