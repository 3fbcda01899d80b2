-- Generic cell rate algorithm for several budgets at once: all of them have room, or none is used.
-- KEYS: one per budget. ARGV: for each its interval, capacity and cost, in microseconds.
-- Answers for each how many microseconds it was busy before, counted from Redis' own clock.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local busy, room = {}, true
for i, key in ipairs(KEYS) do
  local free_at = tonumber(redis.call('GET', key) or now)
  busy[i] = math.max(free_at - now, 0)
  local interval, capacity, cost = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  if busy[i] + math.max(interval, cost) > capacity then room = false end
end
if room then
  for i, key in ipairs(KEYS) do
    local cost = tonumber(ARGV[3 * i])
    if cost > 0 then
      -- The default form of large numbers would round microseconds away.
      redis.call('SET', key, string.format('%.0f', now + busy[i] + cost), 'PX', math.ceil((busy[i] + cost) / 1000))
    end
  end
end
return busy
