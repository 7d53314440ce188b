-- People: claiming a case and acting on it. A claim is a lease with a fencing number; it ends by
-- itself.

local function claim_parse(text)
  local token, till, actor = string.match(text, '^(%d+):(%d+):(.*)$')
  return token, tonumber(till), actor
end

local function fragment(now, actor, reason)
  return '"at_ms":' .. int(now) .. ',"actor":"' .. actor .. '","reason":"' .. reason .. '"'
end

-- Cases whose officer has not come back stand in the inbox again, and the history says so.
local function claims_expire(batch, code, now)
  local P = batch.P
  local late = redis.call('ZRANGEBYSCORE', held_key(P, code), '-inf', now, 'LIMIT', 0, 32)
  for _, no in ipairs(late) do
    local case = batch_case(batch, no)
    if case and case.o == code then
      case_event(batch, case, 'hand-back', case.s, fragment(now, 'system', 'claim-expired'))
      case_set(case, 'cl', '')
      inbox_move(batch, case, code, case.ib ~= '' and case.ib or '0')
    end
  end
end

-- Arguments: inbox code, actor, case ("" = the most urgent), claim_ms, event tail, idempotency key
-- hash, fingerprint. Answers {"ok", no, claim number, until_ms}, {"none"} (nothing waits), {"held"},
-- {"not-found"} or {"key-reused"}.
local function claim(keys, args)
  args_check(args, 7, 7)
  local P, code, actor, wanted = keys[1], args[1], args[2], args[3]
  local batch = batch_new(P)
  local now, claim_ms = now_ms(), whole(args[4], 1, 86400000, 'claim_ms')
  batch_check(batch)
  expect('zset', inbox_key(P, code), held_key(P, code))
  local idem = P .. ':idem:' .. args[6]
  local record = redis.call('GET', idem)
  if record then
    local part = split(record, '|')
    return part[1] == args[7] and { 'ok', part[2], part[3], part[4], 'replayed' } or { 'key-reused' }
  end
  claims_expire(batch, code, now)
  local no = wanted
  if wanted == '' then
    no = redis.call('ZRANGE', inbox_key(P, code), 0, 0)[1]
    for _, m in ipairs(batch.inbox or {}) do
      no = no or m.no
    end
  end
  local case = no and batch_case(batch, no)
  local answer = { wanted == '' and 'none' or 'not-found' }
  local lost = nil -- the other inbox it was offered to
  local second, limit, chain = cascade_parse(case and case.q or '')
  if case and (case.o == code or second == code) then
    local _, till, who = claim_parse(case.cl)
    if till and till > now and who ~= actor then
      answer = { 'held' }
    else
      local token, ends = fence_next(P), int(now + claim_ms)
      case_event(batch, case, 'claim', case.s, args[5] .. ',"claim":' .. token)
      if second ~= '' then -- offered to two: the first to take it has it
        local other = case.o == code and second or case.o
        expect('zset', inbox_key(P, other))
        case_set(case, 'o', code)
        case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
        lost = other
      end
      case_set(case, 'cl', token .. ':' .. ends .. ':' .. actor)
      answer = { 'ok', no, token, ends }
    end
  end
  batch_write(batch)
  if answer[1] == 'ok' then
    fence_take(P)
    redis.call('ZREM', inbox_key(P, code), no)
    if lost then
      redis.call('ZREM', inbox_key(P, lost), no)
    end
    redis.call('ZADD', held_key(P, code), answer[4], no)
    redis.call('SET', idem, args[7] .. '|' .. no .. '|' .. answer[3] .. '|' .. answer[4], 'EX', 172800)
  end
  return answer
end

local NEEDS_CLAIM = { accept = true, ['first-aid'] = true, papers = true, ['hand-back'] = true, reveal = true,
  ['return'] = true }
-- Moves that follow from what happened (the bank, a clock, the route stage): nobody says them.
local MACHINE = { receive = true, triage = true, paid = true, ['pay-failed'] = true, ['pay-returned'] = true,
  ['papers-overdue'] = true, cascade = true, claim = true }
local RETURNS_MAX = 3 -- then the county designates (指定承办)

-- What each verb does besides moving the case. extra: arguments behind the common ones, and how many a
-- verb needs.
local ACTS = {}
local EXTRAS = { dispatch = 2, papers = 2, confirm = 1, ['return'] = 1, ['first-aid'] = AID_ARGS }

ACTS['dispatch'] = function(batch, case, extra) -- extra: township, inbox score, whom to try behind it
  local _, limit = cascade_parse(case.q)
  local chain = extra[3] or ''
  if not string.match(chain, '^[%d,]*$') then
    error({ err = 'bad-input chain' })
  end
  case_set(case, 't', extra[1])
  case_set(case, 'cl', '') -- whoever sends it on has let go of it
  case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
  inbox_move(batch, case, extra[1], extra[2])
  if limit > 0 then
    push(batch.timers, int(now_ms() + limit), 'accept:' .. case.no)
  end
end

ACTS['return'] = function(batch, case, extra) -- extra: region code: its duty desk sends it on
  case_set(case, 'cl', '')
  case_set(case, 'hd', '') -- whoever gets it next has yet to accept it
  case_set(case, 'rn', int(tonumber(case.rn ~= '' and case.rn or '0') + 1))
  push(batch.untimers, 'accept:' .. case.no)
  inbox_move(batch, case, extra[1], '0')
end

ACTS['accept'] = function(batch, case, _, actor)
  case_set(case, 'hd', actor)
  push(batch.untimers, 'accept:' .. case.no)
end

ACTS['papers'] = function(batch, case, extra, actor) -- extra: region code (whose reviewers confirm), inbox score
  case_set(case, 'hd', actor)
  case_set(case, 'cl', '')
  case_set(case, 'rv', 'PAPERS_OK:' .. (string.match(case.rv, ':(%d+)$') or '0'))
  push(batch.untimers, 'papers:' .. case.no)
  inbox_move(batch, case, extra[1], extra[2])
end

ACTS['confirm'] = function(batch, case, extra) -- extra: inbox score
  case_set(case, 'rv', 'DONE:' .. int(now_ms()))
  case_set(case, 'pu', '0')
  case_set(case, 'cl', '')
  inbox_move(batch, case, case.t, extra[1])
end

ACTS['attempt'] = function(batch, case, extra) -- extra: answer, region code
  if extra[1] == 'no' then -- "the money did not come": the county's duty desk looks at it first
    case_set(case, 'cl', '')
    inbox_move(batch, case, extra[2], '0')
  else
    case_set(case, 'ca', int(tonumber(case.ca ~= '' and case.ca or '0') + 1))
  end
end

-- Out of the second inbox it was offered to.
local function unoffer(batch, case)
  local second, limit, chain = cascade_parse(case.q)
  if second ~= '' then
    inbox_count(batch, second)
    batch.inbox = batch.inbox or {}
    push(batch.inbox, { from = second, to = '', no = case.no, score = '0' })
    case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
  end
end

local function leave(batch, case)
  unoffer(batch, case)
  case_set(case, 'cl', '')
  push(batch.untimers, 'accept:' .. case.no, 'papers:' .. case.no)
  inbox_move(batch, case, '', '0')
end
ACTS['close'] = leave
ACTS['withdraw'] = leave

ACTS['hand-back'] = function(batch, case)
  case_set(case, 'cl', '')
  inbox_move(batch, case, case.o, case.ib ~= '' and case.ib or '0')
end

local function act_refusal(case, verb, actor, claim_no, version, scope, now)
  if scope ~= '' and case.t ~= scope and case.o ~= scope then
    return 'not-found'
  end
  if version ~= '' and case.v ~= tonumber(version) then
    return 'version'
  end
  if MACHINE[verb] or not move(verb, case.s) then
    return 'move:' .. case.s
  end
  if NEEDS_CLAIM[verb] then
    local token, till, who = claim_parse(case.cl)
    if token ~= claim_no or who ~= actor or till <= now then
      return 'stale'
    end
  end
  if verb == 'confirm' and (case.mk == actor or case.hd == actor) then
    return 'same-person'
  end
  if verb == 'dispatch' and tonumber(case.rn ~= '' and case.rn or '0') >= RETURNS_MAX and
    string.sub(actor, 1, 9) ~= 'reviewer:' then
    return 'designate'
  end
  return nil
end

-- Arguments: no, verb, actor, claim number, version wanted ("" any), scope (township the actor is bound
-- to, "" none), event tail, idempotency key hash, fingerprint, notify payload, then extras of the verb
-- ("first-aid": AID_ARGS). Answers {"ok", version}, {"replayed", version} or {refusal}.
local function act(keys, args)
  args_check(args, 10 + (EXTRAS[args[2]] or 0), 10 + AID_ARGS)
  local P, no, verb, actor = keys[1], args[1], args[2], args[3]
  local batch = batch_new(P)
  local now = now_ms()
  batch_check(batch)
  local idem = P .. ':idem:' .. args[8]
  local record = redis.call('GET', idem)
  if record then
    local part = split(record, '|')
    return part[1] == args[9] and { 'replayed', part[2] } or { 'key-reused' }
  end
  local case = case_read(P, no)
  if not case then
    return { 'not-found' }
  end
  local extra = {}
  for i = 11, #args do
    push(extra, args[i])
  end
  if verb == 'attempt' and extra[1] == 'unreachable' and tonumber(case.ca ~= '' and case.ca or '0') >= 2 and
    move('follow-up', case.s) then
    verb = 'follow-up' -- the third attempt counts as followed up
  end
  local refusal = act_refusal(case, verb, actor, args[4], args[5], args[6], now)
  local aid = nil
  if not refusal and verb == 'first-aid' then
    aid = aid_parse(extra, 1)
    refusal = aid_refusal(batch, case, aid)
  end
  if refusal then
    return { refusal }
  end
  if aid then
    aid_plan(batch, case, aid)
    case_set(case, 'hd', actor) -- who grants money has taken the case on: it does not go to neighbours any more
    push(batch.untimers, 'accept:' .. no)
  else
    local entry = nil
    if verb == 'confirm' and tonumber(case.pu ~= '' and case.pu or '0') > 0 then
      entry = fund_post(fund_of(batch, case.t), 'unreviewed', 'confirmed', tonumber(case.pu))
    end
    case_event(batch, case, verb, move(verb, case.s), args[7], entry)
    if ACTS[verb] then
      ACTS[verb](batch, case, extra, actor)
    end
  end
  if args[10] ~= '' then
    job_add(batch, 'notify', no .. ':' .. int(case.v), int(now), args[10])
  end
  batch_write(batch)
  redis.call('SET', idem, args[9] .. '|' .. int(case.v), 'EX', 172800)
  return { 'ok', int(case.v) }
end

-- States in which somebody has yet to accept the case.
local WAITS = { DISPATCHED = true, FIRST_AID_APPROVED = true, FIRST_AID_PAID = true, PAY_FAILED = true }

-- A chain without one code.
local function chain_without(chain, code)
  local rest = string.gsub(',' .. chain .. ',', ',' .. code .. ',', ',')
  return string.match(rest, '^,(.*),$') or ''
end

-- Nobody has accepted it in time: on to the next in its chain that has not had it yet, at last to the
-- region's duty desk; who was passed over stands in the history.
local function accept_overdue(batch, case, limits, now)
  local second, limit, chain = cascade_parse(case.q)
  unoffer(batch, case)
  chain = chain_without(chain_without(chain, case.o), second)
  local code, rest, passed = cascade_pick(batch, chain, limits, now)
  if second ~= '' then
    table.insert(passed, 1, { code = second, reason = 'accept-overdue' })
  end
  table.insert(passed, 1, { code = case.o, reason = 'accept-overdue' })
  for _, p in ipairs(passed) do
    case_event(batch, case, 'cascade', case.s, fragment(now, 'system', p.reason) .. ',"inbox":"' .. p.code .. '"')
  end
  case_set(case, 'cl', '')
  case_set(case, 'q', '|' .. int(limit) .. '|' .. rest)
  inbox_move(batch, case, code, '0')
  if limit > 0 and code ~= limits.region then
    push(batch.timers, int(now + limit), 'accept:' .. case.no)
  end
end

-- Timers whose time has come. Arguments: region code (duty desk), most (1..64), then the cascade's
-- limits: most cases in an inbox (0 = any), "1" if only townships with an officer signed in are offered
-- work. Nothing is ever refused for being late: it escalates. Answers how many fired.
local function fire(keys, args)
  args_check(args, 4, 4)
  local P, region, most = keys[1], args[1], whole(args[2], 1, 64, 'most')
  local limits = { region = region, inbox_max = whole(args[3], 0, EXACT_MAX, 'inbox_max'), duty = args[4] }
  local batch = batch_new(P)
  local now = now_ms()
  batch_check(batch)
  local due = redis.call('ZRANGEBYSCORE', P .. ':timers', '-inf', now, 'LIMIT', 0, most)
  for _, member in ipairs(due) do
    local kind, no = string.match(member, '^(%a+):(%d+)$')
    local case = no and batch_case(batch, no)
    local again = nil -- when to look at this one again
    if case and kind == 'papers' and case.s == 'FIRST_AID_APPROVED' then
      again = now + 3600000 -- the bank is later than the papers are due: the duty stays
    elseif case and kind == 'papers' and move('papers-overdue', case.s) then
      case_event(batch, case, 'papers-overdue', move('papers-overdue', case.s), fragment(now, 'system',
          'papers-overdue'))
      case_set(case, 'rv', 'OVERDUE:' .. (string.match(case.rv, ':(%d+)$') or '0'))
      case_set(case, 'cl', '')
      inbox_move(batch, case, case.t, '0')
    elseif case and kind == 'accept' and WAITS[case.s] and case.hd == '' and case.o ~= region then
      local _, till = claim_parse(case.cl)
      if till and till > now then
        again = till -- somebody is at it
      else
        accept_overdue(batch, case, limits, now)
      end
    end
    push(batch.untimers, member)
    if again then
      push(batch.timers, again, member)
    end
  end
  batch_write(batch)
  return #due
end

-- An officer signs in or out; the others of his township stay as they are. Arguments: township, until
-- ms (0 = out), actor, event tail. Answers "ok".
local function duty(keys, args)
  args_check(args, 4, 4)
  local P, code, actor, now = keys[1], args[1], args[3], now_ms()
  local till = whole(args[2], 0, EXACT_MAX, 'until_ms')
  if not string.match(actor, '^[^=,]+$') then
    error({ err = 'bad-input actor' })
  end
  expect('stream', P .. ':events')
  expect('hash', P .. ':duty')
  local list = {}
  for who, ends in string.gmatch(redis.call('HGET', P .. ':duty', code) or '', '([^=,]+)=(%d+)') do
    if who ~= actor and tonumber(ends) > now then
      push(list, who .. '=' .. ends)
    end
  end
  if till > now then
    push(list, actor .. '=' .. int(till))
  end
  redis.call('XADD', P .. ':events', '*', 'duty:' .. code, '{"verb":"duty",' .. args[4] .. ',"until_ms":' ..
    int(till) .. '}')
  redis.call('HSET', P .. ':duty', code, table.concat(list, ','))
  return 'ok'
end

redis.register_function('jiuji_duty', duty)
redis.register_function('jiuji_claim', claim)
redis.register_function('jiuji_act', act)
redis.register_function{ function_name = 'jiuji_fire', callback = fire, flags = { 'allow-oom' } }
