-- Leasing work: ready -> leased -> done, back (delayed) or dead. A lease is a token; who comes back too
-- late finds another token and changes nothing.

local DELIVERIES_MAX = 5

local function job_parse(text)
  local attempts, token, payload = string.match(text, '^(%d+):(%d+):(.*)$')
  return tonumber(attempts), token, payload
end

-- Jobs whose time has come (delayed) or whose holder has gone silent (leased) are ready again.
local function wake(P, stage, part, now, limit, score)
  local key = queue_key(P, stage, part)
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit)
  local ready = {}
  for _, id in ipairs(ids) do
    push(ready, score, id)
  end
  call('ZREM', key, ids)
  call('ZADD', queue_key(P, stage, 'ready'), ready)
end

-- Arguments: stage, lease_ms, most jobs (1..64). Answers {token, id, attempt, payload, id, …}; attempt
-- counts this delivery and was written before the work starts, so that a job which kills its worker is
-- found out: after 5 deliveries it goes to the dead with the reason.
local function lease(keys, args)
  args_check(args, 3, 3)
  local P, stage = keys[1], args[1]
  local lease_ms, most = whole(args[2], 1, 86400000, 'lease_ms'), whole(args[3], 1, 64, 'most')
  if not STAGES[stage] then
    error({ err = 'bad-input stage' })
  end
  local now = now_ms()
  local function waits(part, limit)
    return redis.call('ZRANGEBYSCORE', queue_key(P, stage, part), '-inf', limit, 'LIMIT', 0, 1)[1]
  end
  if not (waits('ready', '+inf') or waits('leased', now) or waits('delayed', now)) then
    return { '0' } -- the usual answer of a quiet night: three reads
  end
  expect('zset', queue_key(P, stage, 'leased'), queue_key(P, stage, 'delayed'), queue_key(P, stage, 'dead'))
  expect('hash', queue_key(P, stage, 'jobs'), queue_key(P, stage, 'why'))
  local token = fence_next(P)
  wake(P, stage, 'leased', now, most, int(now - 3600000))
  wake(P, stage, 'delayed', now, most, int(now))
  local till, at = int(now + lease_ms), int(now) -- as text once, not as a number 64 times
  local ids = redis.call('ZRANGE', queue_key(P, stage, 'ready'), 0, most - 1)
  if #ids == 0 then
    return { '0' }
  end
  local rows = redis.call('HMGET', queue_key(P, stage, 'jobs'), unpack(ids))
  fence_take(P)
  local answer, leased, jobs, dead, why = { token }, {}, {}, {}, {}
  for i, id in ipairs(ids) do
    local attempts, _, payload = job_parse(rows[i] or '0:0:')
    if not attempts then
      push(dead, at, id)
      push(why, id, 'its record is damaged')
    elseif attempts >= DELIVERIES_MAX then
      push(dead, at, id)
      push(why, id, 'delivered ' .. int(attempts) .. ' times without an answer')
    else
      push(leased, till, id)
      local delivery = int(attempts + 1)
      push(jobs, id, delivery .. ':' .. token .. ':' .. payload)
      push(answer, id, delivery, payload)
    end
  end
  redis.call('ZREM', queue_key(P, stage, 'ready'), unpack(ids))
  call('ZADD', queue_key(P, stage, 'leased'), leased)
  call('HSET', queue_key(P, stage, 'jobs'), jobs)
  call('ZADD', queue_key(P, stage, 'dead'), dead)
  call('HSET', queue_key(P, stage, 'why'), why)
  return answer
end

-- The jobs of `ids` that still carry this token, as a set.
local function held_by(P, stage, token, ids)
  local rows = redis.call('HMGET', queue_key(P, stage, 'jobs'), unpack(ids))
  local held = {}
  for i, id in ipairs(ids) do
    local attempts, is = nil, nil
    if rows[i] then
      attempts, is = job_parse(rows[i])
    end
    held[id] = is == token and attempts or nil
  end
  return held
end

local function jobs_done(P, stage, ids)
  call('ZREM', queue_key(P, stage, 'leased'), ids)
  call('HDEL', queue_key(P, stage, 'jobs'), ids)
end

-- Arguments: stage, token, then per job: id, action, number, text. Actions: "done"; "again" (not a
-- failure: after `number` ms with `text` as the new payload and the deliveries counted from 0); "retry"
-- (a failure: after `number` ms, payload and count stay); "bury" (`text` is the reason). Answers "ok"
-- or "stale" per job.
local ACTIONS = { done = true, again = true, retry = true, bury = true }

local function finish(keys, args)
  local P, stage, token = keys[1], args[1], args[2]
  if not STAGES[stage] or (#args - 2) % 4 ~= 0 or #args < 6 or #args > 2 + 64 * 4 then
    error({ err = 'bad-input finish' })
  end
  expect('zset', queue_key(P, stage, 'leased'), queue_key(P, stage, 'delayed'), queue_key(P, stage, 'dead'))
  expect('hash', queue_key(P, stage, 'jobs'), queue_key(P, stage, 'why'))
  local ids = {}
  for at = 3, #args, 4 do
    if not ACTIONS[args[at + 1]] then
      error({ err = 'bad-input action' })
    end
    whole(args[at + 2], 0, 8640000000, 'delay_ms')
    push(ids, args[at])
  end
  local held = held_by(P, stage, token, ids)
  local now = now_ms()
  local answers, gone, delayed, jobs, dead, why, unlease, due = {}, {}, {}, {}, {}, {}, {}, {}
  for at = 3, #args, 4 do
    local id, action, number, text = args[at], args[at + 1], tonumber(args[at + 2]), args[at + 3]
    local ours = held[id]
    held[id] = nil -- a job ends once, also when it is named twice
    push(answers, ours and 'ok' or 'stale')
    if ours and action == 'done' then
      push(gone, id)
    elseif ours then
      push(unlease, id)
      if action == 'bury' then
        push(dead, now, id)
        push(why, id, text)
      else
        due[number] = due[number] or int(now + number)
        push(delayed, due[number], id)
        if action == 'again' then
          push(jobs, id, '0:0:' .. text)
        end
      end
    end
  end
  jobs_done(P, stage, gone)
  call('ZREM', queue_key(P, stage, 'leased'), unlease)
  call('ZADD', queue_key(P, stage, 'delayed'), delayed)
  call('HSET', queue_key(P, stage, 'jobs'), jobs)
  call('ZADD', queue_key(P, stage, 'dead'), dead)
  call('HSET', queue_key(P, stage, 'why'), why)
  return answers
end

-- Arguments: stage, most. Answers {id, buried_at_ms, reason, …}, oldest first.
local function dead_list(keys, args)
  args_check(args, 2, 2)
  local P, stage, most = keys[1], args[1], whole(args[2], 1, 1000, 'most')
  local rows = redis.call('ZRANGE', queue_key(P, stage, 'dead'), 0, most - 1, 'WITHSCORES')
  local answer = {}
  for i = 1, #rows, 2 do
    push(answer, rows[i], rows[i + 1], redis.call('HGET', queue_key(P, stage, 'why'), rows[i]) or '')
  end
  return answer
end

-- Arguments: stage, ids… (1..64). Dead jobs are ready again with their deliveries counted from 0; a
-- payment's from 1, since an earlier holder may have sent it: the bank is asked before anything is sent
-- again. Answers how many.
local function dead_requeue(keys, args)
  local P, stage = keys[1], args[1]
  if not STAGES[stage] or #args < 2 or #args > 65 then
    error({ err = 'bad-input requeue' })
  end
  expect('zset', queue_key(P, stage, 'ready'), queue_key(P, stage, 'dead'))
  expect('hash', queue_key(P, stage, 'jobs'), queue_key(P, stage, 'why'))
  local now, count = now_ms(), 0
  for i = 2, #args do
    if redis.call('ZSCORE', queue_key(P, stage, 'dead'), args[i]) then
      local _, _, payload = job_parse(redis.call('HGET', queue_key(P, stage, 'jobs'), args[i]) or '0:0:')
      redis.call('ZREM', queue_key(P, stage, 'dead'), args[i])
      redis.call('HDEL', queue_key(P, stage, 'why'), args[i])
      redis.call('HSET', queue_key(P, stage, 'jobs'), args[i], (stage == 'pay' and '1:0:' or '0:0:') .. (payload or ''))
      redis.call('ZADD', queue_key(P, stage, 'ready'), now, args[i])
      count = count + 1
    end
  end
  return count
end

redis.register_function('jiuji_lease', lease)
redis.register_function{ function_name = 'jiuji_finish', callback = finish, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'jiuji_dead_list', callback = dead_list, flags = { 'no-writes' } }
redis.register_function('jiuji_dead_requeue', dead_requeue)
