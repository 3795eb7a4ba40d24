-- Renews one edge's lease of one scope, and tells it what the cluster counts.
--
-- KEYS 1 edges, 2 sequence, 3 held, 4 users, 5 total: as in lease-update
-- ARGV 1 edge
--      2 number of the last call of which the edge saw the answer
--      3 lease, ms
--      4.. users
-- Returns {0}: the store does not know this edge as it knows itself; take it apart (lease-reap) and join again. Or
--      {1, total, {count of all edges, for each user}, {edges whose lease has ended}}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local edge, lease = ARGV[1], tonumber(ARGV[3])

local expiry = redis.call('ZSCORE', KEYS[1], edge)
local last = tonumber(redis.call('HGET', KEYS[2], edge) or -1)
if not expiry or tonumber(expiry) == 0 or last < tonumber(ARGV[2]) then
    return {0}
end

redis.call('ZADD', KEYS[1], string.format('%.0f', now + lease), edge)
-- As in lease-update: the scope as a whole goes two leases after the last touch.
local gone = string.format('%.0f', now + 2 * lease)
redis.call('PEXPIREAT', KEYS[1], gone)
redis.call('PEXPIREAT', KEYS[2], gone)
redis.call('PEXPIREAT', KEYS[3], string.format('%.0f', now + 2 * lease + 86400000))
redis.call('PEXPIREAT', KEYS[4], gone)
redis.call('PEXPIREAT', KEYS[5], gone)

local counts = {}
if #ARGV > 3 then
    local sums = redis.call('HMGET', KEYS[4], unpack(ARGV, 4))
    for i = 1, #sums do
        counts[i] = tonumber(sums[i] or 0)
    end
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 100)
return {1, tonumber(redis.call('GET', KEYS[5]) or 0), counts, expired}
