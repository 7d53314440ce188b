-- Other systems that want to hear of events: one delivery per subscription and event, at least once, under an id that
-- stays.
--
-- {r}:hooks            hash: id -> "active" or "disabled"
-- {r}:hook:<id>        u url, ty types ",case.*,payment.paid,", k wrapped key, p sealed secret, by, at, cur the last
--                      event of {r}:events that was looked at, nb not before ms (the endpoint asked for peace), fs
--                      failing since ms (0), ok last success ms, wy why it is disabled or what went wrong last
-- {r}:hook:<id>:due    sorted set: due ms, "<entry of the stream>:<which event in it>"
-- {r}:hook:<id>:tries  hash: the same -> failures so far
-- {r}:hook:<id>:dead   sorted set: given up ms, the same; :why hash: the same -> reason
--
-- The stage's job is the subscription, not the event: a slow endpoint keeps one worker's slot and nobody else's.
local HOOKS = { MAX = 16, LOOK = 64, TAKE = 16, PENDING_MAX = 10000, DEAD_MAX = 1000 }

-- Verbs that are about money on its way; the others of a case are "case.<verb>", of a fund "fund.<verb>".
HOOKS.MONEY = { ['pay'] = true, ['paid'] = true, ['paid-part'] = true, ['pay-failed'] = true, ['pay-returned'] = true,
  ['instalment'] = true, ['hand-over'] = true, ['receipt'] = true, ['hand-fail'] = true, ['repay'] = true,
  ['recovered'] = true }

function HOOKS.key(P, id, part)
  if not string.match(id, '^%x+$') or #id > 32 then
    error({ err = 'bad-input hook' })
  end
  return P .. ':hook:' .. id .. (part and ':' .. part or '')
end

function HOOKS.check(P, id)
  expect('hash', P .. ':hooks', HOOKS.key(P, id), HOOKS.key(P, id, 'tries'), HOOKS.key(P, id, 'why'),
    queue_key(P, 'hook', 'jobs'))
  expect('zset', HOOKS.key(P, id, 'due'), HOOKS.key(P, id, 'dead'), queue_key(P, 'hook', 'ready'),
    queue_key(P, 'hook', 'leased'), queue_key(P, 'hook', 'delayed'))
end

-- What an event is called outside; nil: nobody's business.
function HOOKS.type_of(key, json)
  local verb = string.match(json, '"verb":"([%w-]+)"')
  if not verb then
    return nil
  end
  if string.match(key, '^%d+$') then
    return (HOOKS.MONEY[verb] and 'payment.' or 'case.') .. verb
  end
  return string.match(key, '^fund:%d+$') and 'fund.' .. verb or nil
end

function HOOKS.wants(types, name)
  local kind = string.match(name, '^%l+')
  return string.find(types, ',*,', 1, true) or string.find(types, ',' .. name .. ',', 1, true) or
    string.find(types, ',' .. kind .. '.*,', 1, true)
end

-- There is something to do for it, at `at` or when the endpoint wants to hear again. Who has the lease looks by itself.
function HOOKS.wake(P, id, at, nb, now)
  if redis.call('ZSCORE', queue_key(P, 'hook', 'leased'), id) then
    return
  end
  at = math.max(at, tonumber(nb ~= '' and nb or '0') or 0)
  if at > now then
    if not redis.call('ZSCORE', queue_key(P, 'hook', 'ready'), id) then
      redis.call('ZADD', queue_key(P, 'hook', 'delayed'), 'LT', int(at), id)
    end
  else
    redis.call('ZREM', queue_key(P, 'hook', 'delayed'), id)
    redis.call('ZADD', queue_key(P, 'hook', 'ready'), 'NX', int(now), id)
  end
end

-- The events behind `cur`, read once for all that have come as far.
function HOOKS.entries(P, cur, seen)
  if not seen[cur] then
    seen[cur] = redis.call('XRANGE', P .. ':events', '(' .. cur, '+', 'COUNT', HOOKS.LOOK)
  end
  return seen[cur]
end

function HOOKS.look(P, id, last, seen, now)
  local row = redis.call('HMGET', HOOKS.key(P, id), 'cur', 'ty', 'nb')
  local cur, due = row[1], HOOKS.key(P, id, 'due')
  if not cur or cur == last then
    return 0
  end
  HOOKS.check(P, id)
  if redis.call('ZCARD', due) >= HOOKS.PENDING_MAX then
    return 0 -- the events wait in the stream
  end
  local entries, list = HOOKS.entries(P, cur, seen), {}
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for i = 1, #fields, 2 do
      local name = HOOKS.type_of(fields[i], fields[i + 1])
      if name and HOOKS.wants(row[2], name) then
        push(list, int(now), entry[1] .. ':' .. int((i - 1) / 2))
      end
    end
    cur = entry[1]
  end
  for i = 1, #list, 2 do
    redis.call('ZADD', due, 'NX', list[i], list[i + 1])
  end
  redis.call('HSET', HOOKS.key(P, id), 'cur', cur)
  if #list > 0 then
    HOOKS.wake(P, id, now, row[3] or '', now)
  end
  return #entries
end

-- Looks for new events. Answers how many entries were looked at.
function HOOKS.pump(keys)
  local P = keys[1]
  local all = redis.call('HGETALL', P .. ':hooks')
  if #all == 0 then
    return 0
  end
  local last = redis.call('XREVRANGE', P .. ':events', '+', '-', 'COUNT', 1)[1]
  local seen, n, now = {}, 0, now_ms()
  for i = 1, #all, 2 do
    if last and all[i + 1] == 'active' then
      n = n + HOOKS.look(P, all[i], last[1], seen, now)
    end
  end
  return n
end

-- Arguments: id. Answers {} if there is nothing to do, else {url, wrapped key, sealed secret, then per event: its name
-- here, type, key, JSON, failures so far}.
function HOOKS.take(keys, args)
  args_check(args, 1, 1)
  local P, id, now = keys[1], args[1], now_ms()
  local row = redis.call('HMGET', HOOKS.key(P, id), 'u', 'k', 'p')
  if not row[1] or redis.call('HGET', P .. ':hooks', id) ~= 'active' then
    return {}
  end
  local answer = { row[1], row[2], row[3] }
  local due = redis.call('ZRANGEBYSCORE', HOOKS.key(P, id, 'due'), '-inf', now, 'LIMIT', 0, HOOKS.TAKE)
  for _, member in ipairs(due) do
    local at, i = string.match(member, '^(%d+%-%d+):(%d+)$')
    local entry = at and redis.call('XRANGE', P .. ':events', at, at)[1]
    local key, json = entry and entry[2][2 * i + 1], entry and entry[2][2 * i + 2]
    push(answer, member, json and HOOKS.type_of(key, json) or '', key or '', json or '',
      redis.call('HGET', HOOKS.key(P, id, 'tries'), member) or '0')
  end
  return answer
end

function HOOKS.bury(P, id, member, why, now)
  redis.call('ZREM', HOOKS.key(P, id, 'due'), member)
  redis.call('HDEL', HOOKS.key(P, id, 'tries'), member)
  redis.call('ZADD', HOOKS.key(P, id, 'dead'), int(now), member)
  redis.call('HSET', HOOKS.key(P, id, 'why'), member, why)
  if redis.call('ZCARD', HOOKS.key(P, id, 'dead')) > HOOKS.DEAD_MAX then -- a replay finds it in the stream all the same
    local oldest = redis.call('ZPOPMIN', HOOKS.key(P, id, 'dead'))[1]
    redis.call('HDEL', HOOKS.key(P, id, 'why'), oldest)
  end
end

-- One delivery's end. Answers true when it was given up.
function HOOKS.one(P, id, now, member, result, delay, why)
  if result == 'ok' then
    redis.call('ZREM', HOOKS.key(P, id, 'due'), member)
    redis.call('HDEL', HOOKS.key(P, id, 'tries'), member)
  elseif result == 'retry' then
    redis.call('ZADD', HOOKS.key(P, id, 'due'), 'XX', int(now + delay), member)
    redis.call('HINCRBY', HOOKS.key(P, id, 'tries'), member, 1)
  else
    HOOKS.bury(P, id, member, why, now)
  end
  return result == 'dead'
end

-- Arguments: lease token, id, "gone" if the endpoint wants no more ("" else), ms in which it wants to hear nothing, ms
-- after which one that only fails is disabled; then per event: its name, "ok", "retry", "dead", delay ms, reason.
-- Answers "ok", "stale", "disabled".
function HOOKS.done(keys, args)
  if #args < 5 or (#args - 5) % 4 ~= 0 or #args > 5 + HOOKS.TAKE * 4 then
    error({ err = 'bad-input hook result' })
  end
  local P, token, id, now = keys[1], args[1], args[2], now_ms()
  local rest, most = whole(args[4], 0, 604800000, 'rest_ms'), whole(args[5], 1, EXACT_MAX, 'disable_ms')
  HOOKS.check(P, id)
  local RESULTS = { ok = true, retry = true, dead = true }
  for at = 6, #args, 4 do
    whole(args[at + 2], 0, 604800000, 'delay_ms')
    if not RESULTS[args[at + 1]] or not string.match(args[at], '^%d+%-%d+:%d+$') then
      error({ err = 'bad-input hook result' })
    end
  end
  if not held_by(P, 'hook', token, { id })[id] then
    return 'stale'
  end
  jobs_done(P, 'hook', { id })
  local row = redis.call('HMGET', HOOKS.key(P, id), 'u', 'fs')
  if not row[1] then
    return 'ok' -- removed meanwhile
  end
  local since, good, bad, dead, why = tonumber(row[2] or '0') or 0, false, false, false, nil
  for at = 6, #args, 4 do
    dead = HOOKS.one(P, id, now, args[at], args[at + 1], tonumber(args[at + 2]), args[at + 3]) or dead
    good, bad = good or args[at + 1] == 'ok', bad or args[at + 1] ~= 'ok'
    why = args[at + 1] ~= 'ok' and args[at + 3] or why
  end
  since = good and 0 or (bad and since == 0 and now) or since
  redis.call('HSET', HOOKS.key(P, id), 'fs', int(since), 'nb', int(now + rest))
  if good then
    redis.call('HSET', HOOKS.key(P, id), 'ok', int(now))
  end
  if why then
    redis.call('HSET', HOOKS.key(P, id), 'wy', why)
  end
  if args[3] == 'gone' or (dead and since > 0 and now - since >= most) then
    redis.call('HSET', P .. ':hooks', id, 'disabled')
    return 'disabled'
  end
  local next_one = redis.call('ZRANGE', HOOKS.key(P, id, 'due'), 0, 0, 'WITHSCORES')
  if next_one[1] then
    HOOKS.wake(P, id, tonumber(next_one[2]), rest > 0 and int(now + rest) or '', now)
  end
  return 'ok'
end

-- ---- For the people who look after them ----

function HOOKS.tell(P, id, verb, tail)
  redis.call('XADD', P .. ':events', '*', 'hook:' .. id, '{"verb":"' .. verb .. '",' .. tail .. '}')
end

-- Arguments: id (made of the idempotency key), fingerprint, url, types, wrapped key, sealed secret, actor, event tail.
-- Answers "ok", "replayed", "key-reused" or "full".
function HOOKS.add(keys, args)
  args_check(args, 8, 8)
  local P, id = keys[1], args[1]
  HOOKS.check(P, id)
  expect('stream', P .. ':events')
  local before = redis.call('HGET', HOOKS.key(P, id), 'fp')
  if before then
    return before == args[2] and 'replayed' or 'key-reused'
  end
  if redis.call('HLEN', P .. ':hooks') >= HOOKS.MAX then
    return 'full'
  end
  HOOKS.tell(P, id, 'hook-add', args[8])
  local last = redis.call('XREVRANGE', P .. ':events', '+', '-', 'COUNT', 1)[1][1]
  redis.call('HSET', HOOKS.key(P, id), 'fp', args[2], 'u', args[3], 'ty', args[4], 'k', args[5], 'p', args[6], 'by',
    args[7], 'at', int(now_ms()), 'cur', last, 'nb', '0', 'fs', '0', 'ok', '0', 'wy', '')
  redis.call('HSET', P .. ':hooks', id, 'active')
  return 'ok'
end

-- Arguments: id, event tail. Answers "ok" or "none".
function HOOKS.remove(keys, args)
  args_check(args, 2, 2)
  local P, id = keys[1], args[1]
  HOOKS.check(P, id)
  expect('stream', P .. ':events')
  if redis.call('HDEL', P .. ':hooks', id) == 0 then
    return 'none'
  end
  HOOKS.tell(P, id, 'hook-remove', args[2])
  redis.call('DEL', HOOKS.key(P, id), HOOKS.key(P, id, 'due'), HOOKS.key(P, id, 'tries'), HOOKS.key(P, id, 'dead'),
    HOOKS.key(P, id, 'why'))
  jobs_drop(P, 'hook', { id })
  return 'ok'
end

-- Arguments: id, ms from which events are sent once more ("" only those given up), event tail. A disabled one works
-- again. Answers "none", or how many given-up ones are sent again.
function HOOKS.replay(keys, args)
  args_check(args, 3, 3)
  local P, id, from, now = keys[1], args[1], args[2], now_ms()
  HOOKS.check(P, id)
  expect('stream', P .. ':events')
  local ms = from ~= '' and whole(from, 1, EXACT_MAX, 'from_ms') or 0
  if not redis.call('HGET', P .. ':hooks', id) then
    return 'none'
  end
  HOOKS.tell(P, id, 'hook-replay', args[3])
  local n = 0
  for _, member in ipairs(redis.call('ZRANGE', HOOKS.key(P, id, 'dead'), 0, -1)) do
    if tonumber(string.match(member, '^%d+')) >= ms then
      redis.call('ZADD', HOOKS.key(P, id, 'due'), int(now), member)
      redis.call('ZREM', HOOKS.key(P, id, 'dead'), member)
      redis.call('HDEL', HOOKS.key(P, id, 'why'), member)
      n = n + 1
    end
  end
  if from ~= '' then
    local cur = redis.call('HGET', HOOKS.key(P, id), 'cur')
    if tonumber(string.match(cur, '^%d+')) >= ms then
      redis.call('HSET', HOOKS.key(P, id), 'cur', int(ms - 1) .. '-18446744073709551615')
    end
  end
  redis.call('HSET', HOOKS.key(P, id), 'fs', '0', 'nb', '0', 'wy', '')
  redis.call('HSET', P .. ':hooks', id, 'active')
  if redis.call('ZCARD', HOOKS.key(P, id, 'due')) > 0 then
    HOOKS.wake(P, id, now, '', now)
  end
  return n
end

-- Answers {id, state, url, types, by, at, newest event looked at, failing since, last success, why, waiting, given up}
-- per subscription.
function HOOKS.list(keys)
  local P, answer = keys[1], {}
  local all = redis.call('HGETALL', P .. ':hooks')
  for i = 1, #all, 2 do
    local row = redis.call('HMGET', HOOKS.key(P, all[i]), 'u', 'ty', 'by', 'at', 'cur', 'fs', 'ok', 'wy')
    local line = { all[i], all[i + 1] }
    for k = 1, 8 do
      push(line, row[k] or '')
    end
    push(line, int(redis.call('ZCARD', HOOKS.key(P, all[i], 'due'))))
    push(line, int(redis.call('ZCARD', HOOKS.key(P, all[i], 'dead'))))
    push(answer, line)
  end
  return answer
end

-- Arguments: id, most. Answers {name, given up ms, reason, …}, the newest first.
function HOOKS.dead(keys, args)
  args_check(args, 2, 2)
  local P, id, answer = keys[1], args[1], {}
  local rows = redis.call('ZREVRANGE', HOOKS.key(P, id, 'dead'), 0, whole(args[2], 1, 1000, 'most') - 1, 'WITHSCORES')
  for i = 1, #rows, 2 do
    push(answer, rows[i], rows[i + 1], redis.call('HGET', HOOKS.key(P, id, 'why'), rows[i]) or '')
  end
  return answer
end

redis.register_function('jiuji_hooks_pump', HOOKS.pump)
redis.register_function{ function_name = 'jiuji_hooks_done', callback = HOOKS.done, flags = { 'allow-oom' } }
redis.register_function('jiuji_hooks_add', HOOKS.add)
redis.register_function('jiuji_hooks_remove', HOOKS.remove)
redis.register_function('jiuji_hooks_replay', HOOKS.replay)
redis.register_function{ function_name = 'jiuji_hooks_take', callback = HOOKS.take, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_hooks_list', callback = HOOKS.list, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_hooks_dead', callback = HOOKS.dead, flags = { 'no-writes' } }
