-- Takes apart what an edge holds of one scope, some users a call: a dead edge's by the others, or an edge's own, when it leaves or when
-- the store and the edge no longer agree. Nothing happens to a lease that goes on.
--
-- KEYS 1 edges, 2 sequence, 3 held, 4 users, 5 total: as in lease-update, held being the one of the edge to take apart
-- ARGV 1 edge to take apart
--      2 about how many users a call
--      3 number of this call when the edge itself asks, which need not wait for the end of its lease; empty when another does
--      4 where to go on: 0, or the result of the call before
-- Returns where to go on, or an empty string when there is nothing (more) to do
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local edge = ARGV[1]

local expiry = redis.call('ZSCORE', KEYS[1], edge)
if not expiry then
    return ''
end
if ARGV[3] == '' then
    if tonumber(expiry) > now then
        return ''
    end
else
    -- Late, after a newer call of the same edge: not what the edge wants any more.
    if tonumber(redis.call('HGET', KEYS[2], edge) or -1) >= tonumber(ARGV[3]) then
        return ''
    end
    redis.call('HSET', KEYS[2], edge, ARGV[3])
end
-- From here the edge has to join again: its counts are no longer whole.
redis.call('ZADD', KEYS[1], 0, edge)

-- From where the last call ended: a scan from the start would pass over all that is gone already, each time.
local cursor, found = ARGV[4], {}
if redis.call('HLEN', KEYS[3]) <= tonumber(ARGV[2]) then
    cursor, found = '0', redis.call('HGETALL', KEYS[3])
else
    repeat
        local page = redis.call('HSCAN', KEYS[3], cursor, 'COUNT', ARGV[2])
        cursor, found = page[1], page[2]
    until #found > 0 or cursor == '0'
end

local taken = 0
-- In slices, because a compact hash comes as a whole, however large the server lets it become, and a call takes so many arguments.
for first = 1, #found, 1000 do
    local names, set, drop = {}, {}, {}
    for i = first, math.min(first + 998, #found - 1), 2 do
        names[#names + 1] = found[i]
    end
    local sums = redis.call('HMGET', KEYS[4], unpack(names))
    for i = 1, #names do
        local count = tonumber(found[first + 2 * i - 1])
        local left = tonumber(sums[i] or 0) - count
        if left > 0 then
            set[#set + 1] = names[i]
            set[#set + 1] = left
        else
            drop[#drop + 1] = names[i]
        end
        taken = taken + count
    end
    if #set > 0 then redis.call('HSET', KEYS[4], unpack(set)) end
    if #drop > 0 then redis.call('HDEL', KEYS[4], unpack(drop)) end
    redis.call('HDEL', KEYS[3], unpack(names))
end
if taken > 0 and redis.call('DECRBY', KEYS[5], taken) <= 0 then
    redis.call('DEL', KEYS[5])
end

if redis.call('EXISTS', KEYS[3]) == 1 then
    return cursor
end
redis.call('ZREM', KEYS[1], edge)
redis.call('HDEL', KEYS[2], edge)
return ''
