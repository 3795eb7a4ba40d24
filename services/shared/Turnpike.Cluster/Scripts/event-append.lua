-- Appends one batch of one edge's events to a realm's log, once however often it is sent, and wakes readers.
--
-- KEYS[1]     string: number of the last batch of this edge that was appended
-- KEYS[2]     hash: epoch (name of this log's life) and last (number of the newest entry)
-- KEYS[3]     list: the newest entries, oldest first; entry n stands at n - last + length - 1
-- KEYS[4]     string: there while somebody follows the log and was not woken since it read it last
-- ARGV[1]     number of this batch
-- ARGV[2]     seconds that KEYS[1] lives after its last change
-- ARGV[3]     seconds that the log lives after its last change
-- ARGV[4]     entries that the log keeps
-- ARGV[5]     epoch for a log that begins now
-- ARGV[6]     channel on which readers are woken
-- ARGV[7]     message for them
-- ARGV[8..]   the entries
-- Result      number of the newest entry; -1: the batch had been appended before
--
-- The batch's number is written before anything else: a script that the server breaks off can lose entries, but never appends them twice.

local number = tonumber(ARGV[1])
if number <= tonumber(redis.call('GET', KEYS[1]) or '0') then
  return -1
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])

if redis.call('HEXISTS', KEYS[2], 'last') == 0 then
  redis.call('DEL', KEYS[3])
  redis.call('HSET', KEYS[2], 'epoch', ARGV[5])
end
local last = redis.call('HINCRBY', KEYS[2], 'last', #ARGV - 7)
redis.call('RPUSH', KEYS[3], unpack(ARGV, 8))
redis.call('LTRIM', KEYS[3], -ARGV[4], -1)
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
-- Once for each reading: every edge hears the channel, and a busy log has more batches a second than anybody reads.
if redis.call('DEL', KEYS[4]) == 1 then
  redis.call('PUBLISH', ARGV[6], ARGV[7])
end
return last
