-- Questions to the low-income register and for the household check (核对), and their answers, which may come days later.
--
-- {r}:register:<no>  hash: a field per matter ("register", "household"): "state|asked ms|answer|kind|as of ms"; state
--                    WAITS (not put yet), ASKED (since then), ANSWERED, SILENT (no answer in its time), REFUSED (the
--                    register does not take it); of the last two people may ask again, and a late answer counts
-- {r}:registercur    the last event of {r}:events that was looked at for new cases
--
-- A job is "<no>.<matter>". No case waits for an answer.
local REGISTER = { LOOK = 64, KEEP_S = 34560000, MATTERS = { register = true, household = true },
  ANSWERS = { recognised = true, ['not'] = true, unknown = true },
  ENDS = { SILENT = '核对平台在期限内没有答复，请按线下方式核对', REFUSED = '核对平台不受理这次核对，请按线下方式核对' } }

function REGISTER.key(P, no)
  return P .. ':register:' .. ACT.code(no, 'number')
end

function REGISTER.matter(word)
  if not REGISTER.MATTERS[word] then
    error({ err = 'bad-input matter' })
  end
  return word
end

function REGISTER.check(P)
  expect('zset', queue_key(P, 'register', 'ready'), queue_key(P, 'register', 'leased'),
    queue_key(P, 'register', 'delayed'))
  expect('zset', queue_key(P, 'register', 'dead'))
  expect('hash', queue_key(P, 'register', 'jobs'), queue_key(P, 'register', 'why'))
end

-- Is there a question on its way, or an answer?
function REGISTER.has(P, no, matter)
  local text = redis.call('HGET', REGISTER.key(P, no), matter)
  return text and not REGISTER.ENDS[string.match(text, '^(%u+)|')]
end

function REGISTER.put(P, no, matter, now)
  local key, job = REGISTER.key(P, no), no .. '.' .. matter
  if REGISTER.has(P, no, matter) then
    return false
  end
  if redis.call('HSET', key, matter, 'WAITS|' .. int(now) .. '|||') == 0 then -- once more
    redis.call('ZREM', queue_key(P, 'register', 'dead'), job)
    redis.call('HDEL', queue_key(P, 'register', 'why'), job)
    redis.call('HDEL', queue_key(P, 'register', 'jobs'), job)
  end
  redis.call('EXPIRE', key, REGISTER.KEEP_S)
  redis.call('ZADD', queue_key(P, 'register', 'ready'), int(now), job)
  return true
end

-- Looks for new cases: each is asked after in the register. Answers how many entries were looked at.
function REGISTER.pump(keys)
  local P, now = keys[1], now_ms()
  local cur = redis.call('GET', P .. ':registercur')
  if not cur then -- from now on
    local last = redis.call('XREVRANGE', P .. ':events', '+', '-', 'COUNT', 1)[1]
    redis.call('SET', P .. ':registercur', last and last[1] or '0-0')
    return 0
  end
  local entries = redis.call('XRANGE', P .. ':events', '(' .. cur, '+', 'COUNT', REGISTER.LOOK)
  if #entries == 0 then
    return 0
  end
  REGISTER.check(P)
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for i = 1, #fields, 2 do
      if string.match(fields[i], '^%d+$') and string.find(fields[i + 1], '"verb":"receive"', 1, true) then
        REGISTER.put(P, fields[i], 'register', now)
      end
    end
    cur = entry[1]
  end
  redis.call('SET', P .. ':registercur', cur)
  return #entries
end

-- Somebody wants to know. Arguments: no, matter, event tail. Answers "ok", "asked" (it is on its way already or
-- answered) or "not-found".
function REGISTER.ask(keys, args)
  args_check(args, 3, 3)
  local P, no, matter = keys[1], args[1], REGISTER.matter(args[2])
  local batch = batch_new(P)
  batch_check(batch)
  REGISTER.check(P)
  expect('hash', REGISTER.key(P, no))
  local case = case_read(P, no)
  if not case then
    return 'not-found'
  end
  if REGISTER.has(P, no, matter) then
    return 'asked'
  end
  if move('note', case.s) then
    case_event(batch, case, 'note', case.s, args[3] .. ',"check":"' .. matter .. '"')
  end
  batch_write(batch)
  REGISTER.put(P, no, matter, now_ms())
  return 'ok'
end

-- The question was accepted there. Arguments: no, matter. Answers "answered" if there is an answer already, else "ok".
function REGISTER.asked(keys, args)
  args_check(args, 2, 2)
  local P, no, matter = keys[1], args[1], REGISTER.matter(args[2])
  local key = REGISTER.key(P, no)
  expect('hash', key)
  local text = redis.call('HGET', key, matter)
  if text and string.match(text, '^ANSWERED|') then
    return 'answered'
  end
  if not text or not string.match(text, '^ASKED|') then
    redis.call('HSET', key, matter, 'ASKED|' .. int(now_ms()) .. '|||')
    redis.call('EXPIRE', key, REGISTER.KEEP_S)
  end
  return 'ok'
end

-- No answer is waited for any more. Arguments: no, matter, "SILENT" or "REFUSED". The case says so; where its clocks
-- stand still for the check, the county's duty desk looks now. Answers "answered" if there is an answer
-- already, else "ok".
function REGISTER.over(keys, args)
  args_check(args, 3, 3)
  local P, no, matter, word = keys[1], args[1], REGISTER.matter(args[2]), args[3]
  local key, reason, now = REGISTER.key(P, no), REGISTER.ENDS[args[3]], now_ms()
  if not reason then
    error({ err = 'bad-input state' })
  end
  local batch = batch_new(P)
  batch_check(batch)
  expect('hash', key)
  local text = redis.call('HGET', key, matter)
  local state, asked = string.match(text or '', '^(%u+)|(%d+)|')
  if not state or state == 'ANSWERED' then
    return 'answered'
  end
  local case = state ~= word and case_read(P, no)
  if case then
    if move('note', case.s) then
      case_event(batch, case, 'note', case.s, fragment(now, 'register', reason) .. ',"check":"' .. matter ..
        '","answer":"' .. string.lower(word) .. '"')
    end
    local paused = clocks_of(batch, case).paused
    if matter == 'household' and paused and paused.due == 'economy_check' then
      push(batch.timers, int(now), 'pause:' .. no)
    end
    batch_write(batch)
  end
  redis.call('HSET', key, matter, word .. '|' .. asked .. '|||')
  return 'ok'
end

-- An answer. Arguments: no, matter, version of the case the facts were made from, answer, kind, as of ms, facts ("" as
-- they are), job score, event tail. Answers "ok", "same" (known, or older than what is known), "changed" (load it
-- again) or "not-found" (nobody has asked).
function REGISTER.answer(keys, args)
  args_check(args, 9, 9)
  local P, no, matter, answer, kind = keys[1], args[1], REGISTER.matter(args[2]), args[4], args[5]
  local as_of, key = whole(args[6], 0, EXACT_MAX, 'as_of_ms'), REGISTER.key(P, args[1])
  score_check(args[8])
  if not REGISTER.ANSWERS[answer] or not string.match(kind, '^%l*$') then
    error({ err = 'bad-input answer' })
  end
  local batch = batch_new(P)
  batch_check(batch)
  expect('hash', key)
  local text = redis.call('HGET', key, matter)
  local case = text and case_read(P, no)
  if not case then
    return 'not-found'
  end
  local state, asked, was, was_kind, was_at = string.match(text, '^(%u+)|(%d+)|(%l*)|(%l*)|(%d*)$')
  if not state then
    error({ err = 'corrupt register answer' })
  end
  if state == 'ANSWERED' and (tonumber(was_at) >= as_of or (was == answer and was_kind == kind)) then
    return 'same'
  end
  if case.v ~= tonumber(args[3]) then
    return 'changed'
  end
  if move('add', case.s) then -- a case that is over only keeps it in mind
    local skips = args[7] ~= '' and ',"skips":"income-and-property-check"' or ''
    case_event(batch, case, 'add', move('add', case.s), args[9] .. ',"check":"' .. matter .. '","answer":"' .. answer ..
      '","kind":"' .. kind .. '"' .. skips)
    if args[7] ~= '' then
      case_set(case, 'f', args[7])
      if case.s == 'TRIAGED' or case.s == 'RECEIVED' then
        job_add(batch, 'route', no, args[8], '')
      end
    end
  end
  batch_write(batch)
  redis.call('HSET', key, matter, 'ANSWERED|' .. asked .. '|' .. answer .. '|' .. kind .. '|' .. int(as_of))
  return 'ok'
end

-- Arguments: no. Answers {matter, state, asked ms, answer, kind, as of ms, …}.
function REGISTER.get(keys, args)
  args_check(args, 1, 1)
  local answer = {}
  for _, matter in ipairs({ 'register', 'household' }) do
    local text = redis.call('HGET', REGISTER.key(keys[1], args[1]), matter)
    if text then
      local state, asked, was, kind, at = string.match(text, '^(%u+)|(%d+)|(%l*)|(%l*)|(%d*)$')
      push(answer, matter, state, asked, was, kind, at)
    end
  end
  return answer
end

redis.register_function('jiuji_register_pump', REGISTER.pump)
redis.register_function('jiuji_register_ask', REGISTER.ask)
redis.register_function('jiuji_register_asked', REGISTER.asked)
redis.register_function('jiuji_register_over', REGISTER.over)
redis.register_function('jiuji_register_answer', REGISTER.answer)
redis.register_function{ function_name = 'jiuji_register_get', callback = REGISTER.get, flags = { 'no-writes' } }
