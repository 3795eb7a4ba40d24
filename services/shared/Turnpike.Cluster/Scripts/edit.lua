-- Edits hashes of the configuration if they still are as they were read, and announces the edit.
-- KEYS    1 number of the last change (string)
--         2 what → number of its last change (sorted set)
--         3… hashes to edit
-- ARGV    1 channel of the announcements
--         2 milliseconds after which the edited hashes expire; 0 never
--         3… steps, each of four: verb, index of the key, field, value
--            is    the field has this value; an empty one: there is no such field. All of these come first
--            set   gives the field the value
--            del   deletes the field
--            drop  deletes the key
--            say   announces that the field, which is the name of something, changed
-- Result  number of the change; 0 where a field was not as it should be, and nothing was done
local said = {}
for i = 3, #ARGV, 4 do
  local verb, key, field, value = ARGV[i], KEYS[tonumber(ARGV[i + 1])], ARGV[i + 2], ARGV[i + 3]
  if verb == 'is' then
    if (redis.call('HGET', key, field) or '') ~= value then return '0' end
  elseif verb == 'set' then
    redis.call('HSET', key, field, value)
    if ARGV[2] ~= '0' then redis.call('PEXPIRE', key, ARGV[2]) end
  elseif verb == 'del' then
    redis.call('HDEL', key, field)
  elseif verb == 'drop' then
    redis.call('DEL', key)
  else
    said[#said + 1] = field
  end
end
-- Numbers follow the clock: a store that came back with an older state cannot count up to a number that was seen already.
local t = redis.call('TIME')
local change = tonumber(redis.call('GET', KEYS[1]) or '0')
if #said > 0 then
  change = math.max(change + 1, t[1] * 1000000 + t[2])
end
local number = string.format('%.0f', change)
if #said > 0 then
  redis.call('SET', KEYS[1], number)
  for _, what in ipairs(said) do
    redis.call('ZADD', KEYS[2], number, what)
    redis.call('PUBLISH', ARGV[1], what)
  end
  -- Names that are gone for good would stay for ever: the oldest thousand become one, '*', which stands for everything.
  if redis.call('ZCARD', KEYS[2]) > 10000 then
    local floor = redis.call('ZRANGE', KEYS[2], 999, 999, 'WITHSCORES')[2]
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, 999)
    redis.call('ZADD', KEYS[2], floor, '*')
  end
end
return number
