-- Calls of the hotline as the switchboard tells of them, and the people to be called back.
--
-- {r}:call:<hash>      a call (hash of switchboard and its id): at first event ms, of, an, en, ab ms of offered,
--                      answered, ended, abandoned; ho, tk seconds waited and talked; er who ended it; q queue, ag
--                      agent; w "1" once its waiting is counted; c the case made from it; cb number of its call
--                      back; rk, rp where its recording is, sealed; e:<event>:<ms> what has come
-- {r}:callback:<no>    a call that may have to be called back, under the number its case would have: c the call's
--                      hash, f facts, p sealed, h person's hash, k wrapped key, ph telephone's hash, t event tail
-- {r}:callbackof:<telephone's hash> -> number of the case that stands for its calls
-- {r}:hotline:<day>    counters of a day (days since 1970 in China): offered, answered, measured (of which the time
--                      waited is known), fast (within FAST_S), wait_s, talk_s, abandoned, callbacks
--
-- Who waits how long is asked for in the rules of hotlines: answered within 15 s, 95 of 100.
local HOTLINE = { ARGS = 20, KEEP_S = 2592000, REPORT_KEEP_S = 94608000, AGAIN_S = 259200, EVENTS_MAX = 64, FAST_S = 15,
  SHORT_TALK_S = 30, KINDS = { offered = 'of', answered = 'an', held = '', ended = 'en', abandoned = 'ab',
    recorded = '' } }

function HOTLINE.key(P, hash)
  if not string.match(hash, '^%x+$') then
    error({ err = 'bad-input call' })
  end
  return P .. ':call:' .. hash
end

function HOTLINE.count(P, call, name, by)
  local key = P .. ':hotline:' .. int(math.floor((call.at + 28800000) / 86400000))
  redis.call('HINCRBY', key, name, int(by))
  redis.call('EXPIRE', key, HOTLINE.REPORT_KEEP_S)
end

-- How long it waited: as the switchboard says, else from one event to the other, whichever comes first.
function HOTLINE.measure(P, call, set, hold)
  if call.w or not call.an then
    return
  end
  local wait = hold or (call.of and math.max(0, math.floor((call.an - call.of) / 1000)))
  if wait then
    call.w = '1'
    push(set, 'w', '1', 'ho', int(wait))
    HOTLINE.count(P, call, 'measured', 1)
    HOTLINE.count(P, call, 'wait_s', wait)
    if wait <= HOTLINE.FAST_S then
      HOTLINE.count(P, call, 'fast', 1)
    end
  end
end

-- Keep what a case to call back would be made of; nothing happens with it unless the call ends unheard.
function HOTLINE.keep_caller(P, call, set, a)
  if call.cb or a.no == '' then
    return
  end
  local key = P .. ':callback:' .. a.no
  redis.call('HSET', key, 'c', a.hash, 'f', a.facts, 'p', a.sealed, 'h', a.person, 'k', a.wrapped, 'ph', a.phone, 't',
    a.tail)
  redis.call('EXPIRE', key, HOTLINE.KEEP_S)
  call.cb = a.no
  push(set, 'cb', a.no)
end

function HOTLINE.read(args, at)
  return { hash = args[at], kind = args[at + 1], at = whole(args[at + 2], 1, EXACT_MAX, 'at'), said = args[at + 3],
    hold = args[at + 4] ~= '' and whole(args[at + 4], 0, 86400, 'hold') or nil,
    talk = args[at + 5] ~= '' and whole(args[at + 5], 0, 86400, 'talk') or nil, by = args[at + 6],
    queue = args[at + 7], agent = args[at + 8], phone = args[at + 9], no = args[at + 10], facts = args[at + 11],
    sealed = args[at + 12], person = args[at + 13], wrapped = args[at + 14], tail = args[at + 15],
    rec_key = args[at + 16], rec = args[at + 17], wait = whole(args[at + 18], 0, 86400000, 'wait_ms'),
    day = args[at + 19] }
end

function HOTLINE.check(P, a)
  if not HOTLINE.KINDS[a.kind] or not string.match(a.by, '^%l*$') or not string.match(a.person .. a.phone, '^%x*$') then
    error({ err = 'bad-input call event' })
  end
  expect('hash', HOTLINE.key(P, a.hash), P .. ':hotline:' .. ACT.code(a.day, 'day'))
  if a.no ~= '' then
    expect('hash', P .. ':callback:' .. ACT.code(a.no, 'number'))
  end
end

function HOTLINE.take_one(P, a, now)
  local key = HOTLINE.key(P, a.hash)
  local mark = 'e:' .. a.kind .. ':' .. (a.said == '1' and int(a.at) or '')
  local row = redis.call('HMGET', key, 'at', 'of', 'an', 'w', 'c', 'cb', 'en', 'ab', mark)
  if row[9] then
    return 'seen'
  end
  if row[1] and redis.call('HLEN', key) >= HOTLINE.EVENTS_MAX then
    return 'full'
  end
  local call = { at = tonumber(row[1]) or a.at, of = tonumber(row[2] or ''), an = tonumber(row[3] or ''),
    w = row[4] or nil, c = row[5] or nil, cb = row[6] or nil }
  local field, set = HOTLINE.KINDS[a.kind], { mark, '1' }
  if not row[1] then
    push(set, 'at', int(a.at))
    HOTLINE.count(P, call, 'offered', 1)
  end
  local first = field ~= '' and not ({ of = row[2], an = row[3], en = row[7], ab = row[8] })[field]
  if first then
    push(set, field, int(a.at))
    call[field] = a.at
  end
  if first and field == 'an' then
    HOTLINE.count(P, call, 'answered', 1)
  elseif first and field == 'ab' then
    HOTLINE.count(P, call, 'abandoned', 1)
  end
  HOTLINE.measure(P, call, set, a.kind ~= 'abandoned' and a.hold or nil)
  if a.talk and a.kind == 'ended' then
    push(set, 'tk', int(a.talk))
    HOTLINE.count(P, call, 'talk_s', a.talk)
  end
  for name, value in pairs({ er = a.by, q = a.queue, ag = a.agent, rk = a.rec_key, rp = a.rec }) do
    if value ~= '' then
      push(set, name, value)
    end
  end
  HOTLINE.keep_caller(P, call, set, a)
  if (field == 'ab' or field == 'en') and call.cb and not call.c then
    redis.call('ZADD', P .. ':timers', 'NX', int(now + a.wait), 'callback:' .. call.cb)
  end
  redis.call('HSET', key, unpack(set))
  redis.call('EXPIRE', key, HOTLINE.KEEP_S)
  return 'new'
end

-- Arguments per event (1..64): call's hash, event, at ms, "1" if the switchboard says so, seconds waited and talked
-- ("" not said), who ended it, queue, agent; telephone's hash and the case that a call back would be (number, facts,
-- sealed, person's hash, wrapped key, event tail; "" each: nobody can be called back); recording's wrapped key and
-- sealed place; how long a ticket may take, ms; the day. Answers "new", "seen" or "full" per event.
function HOTLINE.take(keys, args)
  local P, n, now, list, answers = keys[1], HOTLINE.ARGS, now_ms(), {}, {}
  if #args == 0 or #args % n ~= 0 or #args > 64 * n then
    error({ err = 'bad-input calls' })
  end
  expect('zset', P .. ':timers')
  for at = 1, #args, n do
    local a = HOTLINE.read(args, at)
    HOTLINE.check(P, a)
    push(list, a)
  end
  for _, a in ipairs(list) do
    push(answers, HOTLINE.take_one(P, a, now))
  end
  return answers
end

-- Was nobody there to hear him out? Answered, and hung up by himself before anything could be said, or cut off.
function HOTLINE.unheard(call)
  return not call.an or call.er == 'dropped' or
    (call.er == 'caller' and tonumber(call.tk or '') and tonumber(call.tk) < HOTLINE.SHORT_TALK_S)
end

-- The time for a ticket is over. The number is that of the case to be, so `case` is blank unless it exists already.
TIMERS.MAKES.callback = true
function TIMERS.callback(batch, case, _, now)
  local P, key = batch.P, batch.P .. ':callback:' .. case.no
  local row = redis.call('HMGET', key, 'c', 'f', 'p', 'h', 'k', 'ph', 't')
  if not row[1] or case.s ~= '' then
    return nil
  end
  local got = redis.call('HMGET', HOTLINE.key(P, row[1]), 'c', 'an', 'er', 'tk', 'at')
  local call = { c = got[1] or nil, an = got[2] or nil, er = got[3] or nil, tk = got[4] or nil,
    at = tonumber(got[5] or '') or now }
  later(batch, 'hash', 'DEL', key)
  if call.c or not HOTLINE.unheard(call) then
    return nil
  end
  batch.callbacks = batch.callbacks or {}
  local of = P .. ':callbackof:' .. row[6]
  local known = batch.callbacks[row[6]] or redis.call('GET', of)
  local other = known and batch_case(batch, known)
  if other and move('add', other.s) then
    case_event(batch, other, 'add', move('add', other.s), row[7])
    later(batch, 'hash', 'HSET', HOTLINE.key(P, row[1]), 'c', known)
    return nil
  end
  case.s, case.v = 'NONE', 0
  case_event(batch, case, 'receive', 'RECEIVED', row[7])
  case_set(case, 'f', row[2])
  case_set(case, 'p', row[3])
  case_set(case, 'h', row[4])
  case_set(case, 'k', row[5])
  job_add(batch, 'route', case.no, int(now), '')
  batch.callbacks[row[6]] = case.no
  later(batch, 'string', 'SET', of, case.no, 'EX', int(HOTLINE.AGAIN_S))
  later(batch, 'hash', 'HSET', HOTLINE.key(P, row[1]), 'c', case.no)
  local day = int(math.floor((call.at + 28800000) / 86400000))
  later(batch, 'hash', 'HINCRBY', P .. ':hotline:' .. day, 'callbacks', '1')
end

-- Arguments: first and last day. Answers {day, offered, answered, measured, fast, wait_s, talk_s, abandoned, callbacks}
-- per day on which anything was.
function HOTLINE.report(keys, args)
  args_check(args, 2, 2)
  local from, to = whole(args[1], 0, 3000000, 'from'), whole(args[2], 0, 3000000, 'to')
  local answer = {}
  if to - from > 366 then
    error({ err = 'bad-input days' })
  end
  for day = from, to do
    local row = redis.call('HMGET', keys[1] .. ':hotline:' .. int(day), 'offered', 'answered', 'measured', 'fast',
      'wait_s', 'talk_s', 'abandoned', 'callbacks')
    if row[1] then
      local line = { int(day) }
      for i = 1, 8 do
        push(line, row[i] or '0')
      end
      push(answer, line)
    end
  end
  return answer
end

-- Arguments: call's hash. Answers its row, or {} if there is none.
function HOTLINE.get(keys, args)
  args_check(args, 1, 1)
  local row = redis.call('HMGET', HOTLINE.key(keys[1], args[1]), 'at', 'of', 'an', 'en', 'ab', 'ho', 'tk', 'er', 'q',
    'ag', 'c', 'rk', 'rp')
  if not row[1] then
    return {}
  end
  for i = 1, 13 do
    row[i] = row[i] or ''
  end
  return row
end

redis.register_function('jiuji_calls_take', HOTLINE.take)
redis.register_function{ function_name = 'jiuji_calls_report', callback = HOTLINE.report, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_calls_get', callback = HOTLINE.get, flags = { 'no-writes' } }
