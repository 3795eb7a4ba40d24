-- Takes or renews the lease by which one process delivers a webhook, and reads how far it is.
--
-- KEYS[1]  hash: owner (name of the process), until (when its lease ends, ms of the store's clock), fence (counts the holders), progress
-- ARGV[1]  name of this process
-- ARGV[2]  lease, ms
-- ARGV[3]  ms after which a webhook that nobody delivers any more is forgotten
-- Result   { fence; 0: another process holds the lease, ms that the lease goes on, progress ('' where there is none) }
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'owner', 'until', 'fence', 'progress')
local left = tonumber(kept[2] or '0') - now
local mine = kept[1] == ARGV[1]
if left > 0 and not mine then
  return { '0', string.format('%.0f', left), '' }
end
local fence = tonumber(kept[3] or '0')
if left <= 0 or not mine then
  fence = fence + 1
end
local number = string.format('%.0f', fence)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%.0f', now + tonumber(ARGV[2])), 'fence', number)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { number, ARGV[2], kept[4] or '' }
