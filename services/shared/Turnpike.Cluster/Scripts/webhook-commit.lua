-- Renews or gives back the lease of a webhook and writes how far it is; nothing of it once another process has taken the lease.
--
-- KEYS[1]  hash: as webhook-claim has it
-- ARGV[1]  name of this process
-- ARGV[2]  fence that it got with the lease
-- ARGV[3]  lease from now on, ms; 0 gives it back
-- ARGV[4]  ms after which a webhook that nobody delivers any more is forgotten
-- ARGV[5]  progress; '' leaves it as it is
-- Result   1, or 0 where the lease is another process's by now, or the webhook is gone
--
-- A lease that has ended and that nobody took since is as good as before: its fence is still the last.
local kept = redis.call('HMGET', KEYS[1], 'owner', 'fence')
if kept[1] ~= ARGV[1] or kept[2] ~= ARGV[2] then
  return 0
end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ends = ARGV[3] == '0' and '0' or string.format('%.0f', now + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'until', ends)
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'progress', ARGV[5])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
