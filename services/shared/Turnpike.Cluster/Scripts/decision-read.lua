-- Reads decisions that were kept.
-- KEYS    1 number of the last decision (hash: number)
--         2 decisions, the oldest first (list)
-- ARGV    1 number of the first one wanted
--         2 how many at most
-- Result  1 number of the last decision that there is; 0: none
--         2 number of the first one in the result
--         3 and on: the decisions
local last = tonumber(redis.call('HGET', KEYS[1], 'number') or '0')
local oldest = last - redis.call('LLEN', KEYS[2]) + 1
local first = math.min(math.max(tonumber(ARGV[1]), oldest), last + 1)
local result = { last, first }
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], first - oldest, first - oldest + tonumber(ARGV[2]) - 1)) do
  result[#result + 1] = entry
end
return result
