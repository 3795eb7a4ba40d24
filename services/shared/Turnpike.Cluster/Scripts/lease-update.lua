-- Sets what one edge holds of one scope's quota, and asks for more. Absolute and numbered, so that a call whose outcome is unknown
-- is made good by the next one, and one that arrives late, after a newer one, changes nothing.
--
-- KEYS 1 edges     zset  edge -> end of its lease, store ms; 0 = being taken apart by lease-reap
--      2 sequence  hash  edge -> number of the last call that changed its counts
--      3 held      hash  user -> count, of this edge
--      4 users     hash  user -> count, of all edges
--      5 total     string count of all users and edges
-- ARGV 1 edge
--      2 number of this call (rises with every call of this edge)
--      3 number of the last call of which the edge saw the answer
--      4 1 = the edge joins and must not be there yet, 0 = it must be there
--      5 lease, ms
--      6 limit of one user, 0 = none
--      7 limit of the scope, 0 = none
--      8.. triplets: user (each once), count that it has (never refused), count that it would like to have
-- Returns {0}: the store does not know this edge as it knows itself; take it apart (lease-reap) and join again. Or
--      {1, total, {held...}, {count of all edges...}, {edges whose lease has ended, when somebody got less than asked}}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local edge, sequence, acknowledged = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local lease, user_limit, scope_limit = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local expiry = redis.call('ZSCORE', KEYS[1], edge)
if ARGV[4] == '1' then
    if expiry then
        return {0}
    end
    -- Counts of an edge that is not in the zset are in no sum.
    redis.call('DEL', KEYS[3])
else
    -- A lease that has ended but was not taken apart yet is still whole: it simply goes on.
    local last = tonumber(redis.call('HGET', KEYS[2], edge) or -1)
    if not expiry or tonumber(expiry) == 0 or last < acknowledged or last >= sequence then
        return {0}
    end
end

local names, base, want = {}, {}, {}
for i = 8, #ARGV, 3 do
    local n = #names + 1
    names[n], base[n], want[n] = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
end

local total = tonumber(redis.call('GET', KEYS[5]) or 0)
local held, sums, result_held, result_sums = {}, {}, {}, {}
local refused = false
if #names > 0 then
    held = redis.call('HMGET', KEYS[3], unpack(names))
    sums = redis.call('HMGET', KEYS[4], unpack(names))
    -- What is there comes first, for all of them: room is what is left then.
    for i = 1, #names do
        held[i], sums[i] = tonumber(held[i] or 0), tonumber(sums[i] or 0)
        sums[i] = sums[i] + base[i] - held[i]
        total = total + base[i] - held[i]
    end
    local set_held, set_sums, drop_held, drop_sums = {}, {}, {}, {}
    for i = 1, #names do
        local more = want[i] - base[i]
        if user_limit > 0 then
            more = math.min(more, user_limit - sums[i])
        end
        if scope_limit > 0 then
            more = math.min(more, scope_limit - total)
        end
        more = math.max(more, 0)
        refused = refused or base[i] + more < want[i]
        local count, sum = base[i] + more, sums[i] + more
        total = total + more
        result_held[i], result_sums[i] = count, sum
        if count ~= held[i] then
            if count > 0 then
                set_held[#set_held + 1] = names[i]
                set_held[#set_held + 1] = count
            else
                drop_held[#drop_held + 1] = names[i]
            end
            if sum > 0 then
                set_sums[#set_sums + 1] = names[i]
                set_sums[#set_sums + 1] = sum
            else
                drop_sums[#drop_sums + 1] = names[i]
            end
        end
    end
    if #set_held > 0 then redis.call('HSET', KEYS[3], unpack(set_held)) end
    if #drop_held > 0 then redis.call('HDEL', KEYS[3], unpack(drop_held)) end
    if #set_sums > 0 then redis.call('HSET', KEYS[4], unpack(set_sums)) end
    if #drop_sums > 0 then redis.call('HDEL', KEYS[4], unpack(drop_sums)) end
    if total > 0 then
        redis.call('SET', KEYS[5], total)
    else
        redis.call('DEL', KEYS[5])
    end
end

redis.call('ZADD', KEYS[1], string.format('%.0f', now + lease), edge)
redis.call('HSET', KEYS[2], edge, ARGV[2])
-- When nobody has touched the scope for two leases, every lease in it has ended, and it goes as a whole, in the same millisecond.
-- What a dead edge held must outlive the sums that it is in, by whatever it takes the others to take it apart.
local gone = string.format('%.0f', now + 2 * lease)
redis.call('PEXPIREAT', KEYS[1], gone)
redis.call('PEXPIREAT', KEYS[2], gone)
redis.call('PEXPIREAT', KEYS[3], string.format('%.0f', now + 2 * lease + 86400000))
redis.call('PEXPIREAT', KEYS[4], gone)
redis.call('PEXPIREAT', KEYS[5], gone)

local expired = {}
if refused then
    expired = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, 100)
end
return {1, total, result_held, result_sums, expired}
