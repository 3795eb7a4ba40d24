-- Reads entries of a realm's log that follow a place in it.
--
-- KEYS[1]     hash: epoch and last, as event-append writes them
-- KEYS[2]     list: the entries
-- KEYS[3]     string: set, so that the next event-append wakes this reader
-- ARGV[1]     epoch of the reader's token; "" for none
-- ARGV[2]     number of the last entry that the reader has; 0 for none, -1 for all that there are now (to begin with the next)
-- ARGV[3]     most entries to answer
-- ARGV[4]     seconds for which the next new entries are announced
-- Result      { epoch ("" where there is no log), number of the last entry answered (or where to go on from), entries missed,
--               1 when the log is not the one that the token names, or 0, then the entries }
--
-- A token of another epoch, or of an entry that is not yet written, is one of a log that the store lost: reading begins at the oldest entry.

redis.call('SET', KEYS[3], '1', 'EX', ARGV[4])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  return { '', 0, 0, ARGV[1] == '' and 0 or 1 }
end
local last = tonumber(redis.call('HGET', KEYS[1], 'last'))
local after = tonumber(ARGV[2])
local lost = 0
if after < 0 then
  after = last
elseif ARGV[1] ~= '' and (ARGV[1] ~= epoch or after > last) then
  lost = 1
  after = 0
end

local gone = last - redis.call('LLEN', KEYS[2])
local missed = 0
if after < gone then
  if ARGV[1] ~= '' then
    missed = gone - after
  end
  after = gone
end

local from = after - gone
local entries = redis.call('LRANGE', KEYS[2], from, from + ARGV[3] - 1)
local result = { epoch, after + #entries, missed, lost }
for i = 1, #entries do
  result[4 + i] = entries[i]
end
return result
