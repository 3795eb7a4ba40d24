-- Reads the records of the edges that are members now.
-- KEYS    1 edge id → record (hash)
--         2 edge id → expiry (sorted set)
-- ARGV    none
-- Result  list of records
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local records = {}
for _, edge in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], string.format('(%.0f', now), '+inf')) do
  local record = redis.call('HGET', KEYS[1], edge)
  if record then records[#records + 1] = record end
end
return records
