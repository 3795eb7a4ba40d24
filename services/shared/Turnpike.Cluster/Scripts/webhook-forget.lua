-- Ends the delivery of a webhook that is deleted: nobody holds its lease, and nobody gets it until all have heard.
--
-- KEYS[1]  hash: as webhook-claim has it
-- ARGV[1]  ms in which every process hears of it; then the webhook is forgotten
-- Result   1
--
-- Without the hash a process that has not heard yet would get a lease and begin from the start.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'owner', '', 'until', string.format('%.0f', now + tonumber(ARGV[1])))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
