-- Adds one batch of one edge's usage to a realm's buckets, once however often it is sent, and answers the totals that byte quotas need.
--
-- KEYS[1]     string: number of the last batch of this edge that was added
-- KEYS[2..]   hashes: the buckets named below, field "r" (realm), "t:<tag>" or "u:<user>" -> amount
-- ARGV[1]     number of this batch; 0 adds nothing and only asks
-- ARGV[2]     seconds that KEYS[1] lives after its last change
-- then one for each of KEYS[2..]: seconds that the bucket lives after its last change
-- then        number of groups; each group: "<place> <place> ..." of its buckets in KEYS, number of rows, and for each row: field, amount
-- then        number of questions; each question: place of the bucket in KEYS, number of fields, the fields
-- An amount is six doubles, the first byte the highest: half the time of text for the store, and exact for whole numbers up to 2^53.
-- Result      { 1 added or 0 (had been added before, or nothing to add), then for each field asked for: its amount or "" }
--
-- The batch's number is written before anything else: a script that the server breaks off can lose rows, but never adds them twice.

local form = '>dddddd'
local read, write, call = struct.unpack, struct.pack, redis.call
local at = 2 + #KEYS

local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local function add(key, life, fields, amounts)
  local old = call('HMGET', key, unpack(fields))
  local changes = {}
  for i = 1, #fields do
    local sum = amounts[i]
    if old[i] then
      local a, b, c, d, e, f = read(form, old[i])
      local u, v, w, x, y, z = read(form, sum)
      sum = write(form, a + u, b + v, c + w, d + x, e + y, f + z)
    end
    changes[2 * i - 1] = fields[i]
    changes[2 * i] = sum
  end
  call('HSET', key, unpack(changes))
  call('EXPIRE', key, life)
end

local number = tonumber(ARGV[1])
local last = tonumber(call('GET', KEYS[1]) or '0')
local added = 0
if number > last then
  call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
  added = 1
end

for _ = 1, tonumber(take()) do
  local places = take()
  local fields, amounts = {}, {}
  for i = 1, tonumber(take()) do
    fields[i] = take()
    amounts[i] = take()
  end
  if added == 1 then
    for place in string.gmatch(places, '%d+') do
      local key = tonumber(place)
      add(KEYS[key], ARGV[1 + key], fields, amounts)
    end
  end
end

local result = { added }
for _ = 1, tonumber(take()) do
  local key = KEYS[tonumber(take())]
  local fields = {}
  for i = 1, tonumber(take()) do
    fields[i] = take()
  end
  for _, amount in ipairs(call('HMGET', key, unpack(fields))) do
    result[#result + 1] = amount or ''
  end
end
return result
