-- The kill switch of payments, and every fen that is not final.
--
-- {r}:switch is a hash: scope ("all", "rail:<name>", "township:<code>") -> "since ms|who stopped it|who
-- wants it resumed". Anybody in charge stops at once; it takes two people to go on. While a scope stands
-- here nothing new is sent; what may have been sent is still asked about.
local GATE = { SCOPES_MAX = 500 }

function GATE.scope(text)
  if text ~= 'all' and not string.match(text, '^rail:%l[%w]*$') and not string.match(text, '^township:%d+$') then
    error({ err = 'bad-input scope' })
  end
  return text
end

function GATE.event(P, scope, verb, tail)
  redis.call('XADD', P .. ':events', '*', 'switch:' .. scope, '{"verb":"' .. verb .. '","scope":"' .. scope .. '",' ..
    tail .. '}')
end

-- Arguments: scope, actor, event tail, idempotency key hash, fingerprint. Answers {"ok"} (also when it is stopped
-- already: a resumption that one person has asked for is forgotten) or {"full"}; {"replayed", what it answered} for a
-- key that was answered before, {"key-reused"} for one that asked something else.
function GATE.stop(keys, args)
  args_check(args, 5, 5)
  local P, scope, who = keys[1], GATE.scope(args[1]), args[2]
  expect('hash', P .. ':switch')
  expect('stream', P .. ':events')
  local before = LEDGER.before(P, args[4], args[5])
  if before then
    return before
  end
  local text = redis.call('HGET', P .. ':switch', scope)
  if not text and redis.call('HLEN', P .. ':switch') >= GATE.SCOPES_MAX then
    return { 'full' }
  end
  local since, by = string.match(text or '', '^(%d+)|([^|]*)|')
  GATE.event(P, scope, 'pay-stop', args[3])
  redis.call('HSET', P .. ':switch', scope, (since or int(now_ms())) .. '|' .. (by or who) .. '|')
  LEDGER.remember(P, args[4], args[5], 'ok')
  return { 'ok' }
end

-- Arguments as of GATE.stop. Answers {"asked"} (one more person is needed), {"same-person"}, {"ok"} (it goes on) or
-- {"not-found"}, or as there for a key that came before.
function GATE.resume(keys, args)
  args_check(args, 5, 5)
  local P, scope, who = keys[1], GATE.scope(args[1]), args[2]
  expect('hash', P .. ':switch')
  expect('stream', P .. ':events')
  local before = LEDGER.before(P, args[4], args[5])
  if before then
    return before
  end
  local since, by, asked = string.match(redis.call('HGET', P .. ':switch', scope) or '', '^(%d+)|([^|]*)|([^|]*)$')
  if not since then
    return { 'not-found' }
  end
  if same_person(asked, who) then
    return { 'same-person' }
  end
  if asked == '' then
    GATE.event(P, scope, 'pay-resume-ask', args[3])
    redis.call('HSET', P .. ':switch', scope, since .. '|' .. by .. '|' .. who)
    LEDGER.remember(P, args[4], args[5], 'asked')
    return { 'asked' }
  end
  GATE.event(P, scope, 'pay-resume', args[3])
  redis.call('HDEL', P .. ':switch', scope)
  LEDGER.remember(P, args[4], args[5], 'ok')
  return { 'ok' }
end

-- Answers {scope, since ms, who stopped it, who wants it resumed, …}.
function GATE.list(keys)
  local rows, answer = redis.call('HGETALL', keys[1] .. ':switch'), {}
  for i = 1, #rows, 2 do
    local since, by, asked = string.match(rows[i + 1], '^(%d+)|([^|]*)|([^|]*)$')
    push(answer, rows[i], since or '0', by or '')
    push(answer, asked or '')
  end
  return answer
end

-- Every payment that is not final. Arguments: most (1..500), how many to pass over. Answers {how many there
-- are, then per payment: id, state, fen, fund, made ms, how, where its job is (ready, leased, delayed, dead,
-- hand), due ms of the job, deliveries, payload, reason of the dead, …}.
function GATE.stuck(keys, args)
  local P, most, pass = keys[1], whole(args[1], 1, 500, 'most'), whole(args[2], 0, EXACT_MAX, 'offset')
  local parts = { 'dead', 'delayed', 'leased', 'ready' }
  local total, answer = 0, { '0' }
  local function add(id, part, due)
    local no, field = payment_place(id)
    local text = no and redis.call('HGET', case_key(P, no), field)
    if text then
      local pay = payment_parse(id, text)
      local attempts, _, payload = job_parse(redis.call('HGET', queue_key(P, 'pay', 'jobs'), id) or '0:0:')
      push(answer, id, pay.s, int(pay.m), pay.u, pay.at, pay.how)
      push(answer, part, due, int(attempts or 0), payload or '')
      push(answer, part == 'dead' and redis.call('HGET', queue_key(P, 'pay', 'why'), id) or '')
    end
  end
  for _, part in ipairs(parts) do
    local key = queue_key(P, 'pay', part)
    local n = redis.call('ZCARD', key)
    if pass < n and most > 0 then
      local rows = redis.call('ZRANGE', key, int(pass), int(pass + most - 1), 'WITHSCORES')
      for i = 1, #rows, 2 do
        add(rows[i], part, rows[i + 1])
      end
      most = most - #rows / 2
    end
    pass = math.max(0, pass - n)
    total = total + n
  end
  local n = redis.call('ZCARD', P .. ':byhand')
  if pass < n and most > 0 then
    local rows = redis.call('ZRANGE', P .. ':byhand', int(pass), int(pass + most - 1), 'WITHSCORES')
    for i = 1, #rows, 2 do
      add(rows[i], 'hand', rows[i + 1])
    end
  end
  answer[1] = int(total + n)
  return answer
end

-- A payment whose outcome no provider tells any more: two people decide, with the statement before them. Field
-- of {r}:paydecide: payment -> "outcome|who asked". Arguments: payment, "SUCCEEDED" or "FAILED", actor, event tail,
-- first word of the SMS payload, idempotency key hash, fingerprint. Answers {"asked"} (one more person is needed),
-- {"same-person"}, {"other"} (the first one said otherwise: it begins anew with this one), {"under-way"} (the machine
-- is still at it), {"not-found"}, {"final"} or {"ok"}, or as GATE.stop for a key that came before.
function GATE.decide(keys, args)
  args_check(args, 7, 7)
  local P, id, to, who = keys[1], args[1], args[2], args[3]
  local no, field = payment_place(id)
  expect('hash', P .. ':paydecide')
  expect('stream', P .. ':events')
  if to ~= 'SUCCEEDED' and to ~= 'FAILED' then
    error({ err = 'bad-input outcome' })
  end
  local before = LEDGER.before(P, args[6], args[7])
  if before then
    return before
  end
  local text = no and redis.call('HGET', case_key(P, no), field)
  if not text then
    return { 'not-found' }
  end
  local pay = payment_parse(id, text)
  if RANK[pay.s] >= 3 then
    return { 'final' }
  end
  if not redis.call('ZSCORE', queue_key(P, 'pay', 'dead'), id) then
    return { 'under-way' }
  end
  local said, first = string.match(redis.call('HGET', P .. ':paydecide', id) or '', '^(%u+)|(.*)$')
  if said == to and same_person(first, who) then
    return { 'same-person' }
  end
  if said ~= to then
    redis.call('XADD', P .. ':events', '*', 'payment:' .. id, '{"verb":"pay-decide-ask","outcome":"' .. to .. '",' ..
      args[4] .. '}')
    redis.call('HSET', P .. ':paydecide', id, to .. '|' .. who)
    LEDGER.remember(P, args[6], args[7], said and 'other' or 'asked')
    return { said and 'other' or 'asked' }
  end
  local answer = outcome(keys, { id, to, '', '', args[4] .. ',"asked_by":"' .. first .. '"', args[5] })[1]
  if answer == 'ok' then
    redis.call('HDEL', P .. ':paydecide', id)
    LEDGER.remember(P, args[6], args[7], 'ok')
  end
  return { answer }
end

redis.register_function('jiuji_pay_decide', GATE.decide)
redis.register_function{ function_name = 'jiuji_pay_stop', callback = GATE.stop, flags = { 'allow-oom' } }
redis.register_function('jiuji_pay_resume', GATE.resume)
redis.register_function{ function_name = 'jiuji_pay_stops', callback = GATE.list, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_pay_stuck', callback = GATE.stuck, flags = { 'no-writes' } }
