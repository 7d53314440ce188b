-- Clocks that stand still, warn and escalate: what clocks.lua started. Warning: an event before the due
-- time. Then it is before everything else in the inbox where it lies; then the county's duty desk sees it as
-- well; at last written criticism (书面通报) is due, which is an event. The times are the policy's, as it was in
-- force for the case when the clock started (`escalation`). Whoever works on it keeps it.

local PACE = {}

-- Before everything else where it lies. Who has claimed it keeps it; handed back it stands on top.
function PACE.on_top(batch, case, now)
  local _, till = claim_parse(case.cl)
  if till and till > now or case.o == '' then
    case_set(case, 'ib', '0')
  else
    case_set(case, 'cl', '')
    inbox_move(batch, case, case.o, '0')
  end
end

-- Into the duty desk's inbox as well; where it lies it stays.
function PACE.to_county(batch, case, limits)
  if case.o == limits.region or case.o == '' then
    return
  end
  unoffer(batch, case)
  local _, limit, chain = cascade_parse(case.q)
  inbox_count(batch, limits.region)
  batch.inbox = batch.inbox or {}
  push(batch.inbox, { from = '', to = limits.region, no = case.no, score = '0' })
  case_set(case, 'q', limits.region .. '|' .. int(limit) .. '|' .. chain)
end

function PACE.say(batch, case, verb, now, kind, c, whom)
  case_event(batch, case, verb, case.s, fragment(now, 'system', kind .. '-' .. whom) .. ',"clock":"' .. kind ..
    '","due_ms":' .. c.due .. ',"step":"' .. whom .. '"')
end

-- One step after the other, each once, as far as its time has come: the worker may have slept for days.
-- A warning that would come behind the due time is none.
function PACE.fire(kind)
  return function(batch, case, limits, now)
    local c = clocks_of(batch, case)[kind]
    if not c or c.step == 'p' or not CLOCKS_IN[case.s][kind] then
      return nil -- paused, or the case has gone on: the next act forgets the clock
    end
    local due, warn = tonumber(c.due), tonumber(c.warn)
    local county, chase = tonumber(c.county), tonumber(c.chase)
    local before = c.step
    if c.step == '0' and now >= warn then
      c.step = '1'
      if now < due then
        PACE.say(batch, case, 'warn', now, kind, c, 'due-soon')
      end
    end
    if c.step == '1' and now >= due then
      c.step = '2'
      PACE.say(batch, case, 'escalate', now, kind, c, 'overdue')
      PACE.on_top(batch, case, now)
    end
    if c.step == '2' and county and now >= county then
      c.step = '3'
      PACE.say(batch, case, 'escalate', now, kind, c, 'county')
      PACE.to_county(batch, case, limits)
    end
    if c.step == '3' and chase > 0 and now >= chase then
      c.step = '4'
      PACE.say(batch, case, 'escalate', now, kind, c, 'criticism')
    end
    if c.step ~= before then
      clocks_keep(case)
    end
    return ({ ['0'] = warn, ['1'] = due, ['2'] = county, ['3'] = chase and chase > now and chase or nil })[c.step]
  end
end

TIMERS.pay = PACE.fire('pay')
TIMERS.review = PACE.fire('review')
TIMERS.publicity = PACE.fire('publicity')
TIMERS.county = PACE.fire('county')
TIMERS.followup = PACE.fire('followup')

-- The time to sign for a case is nearly over, and nobody has. One that was sent on since has a later end.
TIMERS['accept-warn'] = function(batch, case, limits, now)
  local by = tonumber(redis.call('ZSCORE', batch.P .. ':timers', 'accept:' .. case.no) or '0')
  if by > now and case.hd == '' and case.o ~= limits.region then
    PACE.say(batch, case, 'warn', now, 'accept', { due = int(by) }, 'due-soon')
  end
end

-- First aid has one timer for its whole way: is the money there in time; then a warning before the papers are
-- due; then they are overdue and stand on top of the township's inbox; later the county's duty desk sees it as
-- well, at last written criticism is due. Nothing is taken back for being late. When, stands in the case:
-- rv = "BOOKED:warn/county/chase:due", minutes before and behind the due time (ms; money.lua), once the county
-- has been told "OVERDUE:told/chase:due".
PACE.papers_overdue = TIMERS.papers

-- When first aid warns of its papers, tells the county (nil = never) and is criticised for them (0 = never).
function PACE.papers_times(case, due)
  local warn, county = string.match(case.rv, ':(%d+)/(%d+)/')
  local chase = tonumber(string.match(case.rv, '/(%d+):%d+$') or '0')
  return due - tonumber(warn or '0') * 60000, county and due + tonumber(county) * 60000,
    chase > 0 and due + chase * 60000 or 0
end

function TIMERS.papers(batch, case, limits, now)
  local state, due = string.match(case.rv, '^%u+'), tonumber(string.match(case.rv, ':(%d+)$') or '0')
  local c, warn, county, chase = { due = int(due) }, PACE.papers_times(case, due)
  if state == 'BOOKED' and now < due then
    if case.s == 'FIRST_AID_APPROVED' then -- past the limit of payment, or the last day has come without it
      PACE.say(batch, case, 'escalate', now, 'pay', { due = int(math.min(now, warn)) }, 'county')
      PACE.to_county(batch, case, limits)
    elseif now >= warn then
      PACE.say(batch, case, 'warn', now, 'papers', c, 'due-soon')
    end
    return now < warn and warn or due
  end
  local again = PACE.papers_overdue(batch, case, limits, now)
  if again or case.s ~= 'PAPERS_OVERDUE' then
    return again
  end
  if not string.find(case.rv, ':told/', 1, true) then
    if not county or now < county then
      return county
    end
    PACE.say(batch, case, 'escalate', now, 'papers', c, 'county')
    PACE.to_county(batch, case, limits)
    case_set(case, 'rv', 'OVERDUE:told/' .. int(chase > 0 and (chase - due) / 60000 or 0) .. ':' .. int(due))
  end
  if chase > 0 and now < chase then
    return chase
  end
  if chase > 0 then
    PACE.say(batch, case, 'escalate', now, 'papers', c, 'criticism')
  end
end

-- ---- Clocks that begin where nobody said a verb ----

-- The money of a grant has arrived, or its next part is on its way: the next look of the clock stage, which
-- has working days with it, starts what runs now.
PACE.grant_paid = GRANT_NEWS.paid

function GRANT_NEWS.paid(batch, case, pay, outcome, tail)
  local word = PACE.grant_paid(batch, case, pay, outcome, tail)
  push(batch.timers, 1, 'begin:' .. case.no)
  return word
end

-- What begins where the case is, runs in its state and has not been started.
function PACE.begins(batch, case, limits)
  local clocks, list = clocks_of(batch, case), {}
  for part in string.gmatch(place_rules(limits, case).begins, '[^;]+') do
    local kind = string.match(part, '^%l+')
    if kind and CLOCKS_IN[case.s][kind] and not clocks[kind] then
      push(list, part)
    end
  end
  return table.concat(list, ';')
end

function TIMERS.begin(batch, case, limits, now)
  local text = PACE.begins(batch, case, limits)
  if text ~= '' then
    case_event(batch, case, 'note', case.s, fragment(now, 'system', 'clock-started'))
    clocks_start(batch, case, text)
  end
end

PACE.instalment = TIMERS.instalment

function TIMERS.instalment(batch, case, limits, now)
  local before = case.v
  local again = PACE.instalment(batch, case, limits, now)
  if case.v > before then -- it has told of itself
    clocks_start(batch, case, PACE.begins(batch, case, limits))
  end
  return again
end

-- ---- Standing still ----

local PAUSABLE = { review = true, county = true, pay = true }

-- First aid that waits for its money, its papers or its review.
function PACE.first_aid(case)
  return string.match(case.rv, '^BOOKED') or string.match(case.rv, '^OVERDUE') or string.match(case.rv, '^PAPERS_OK')
end

-- extra: reason (a word that the policy in force allows: C has looked), when to ask whether it still
-- holds, ms. Nobody stops the clocks of a case that another one works on.
VERBS['pause'] = { extras = 2, decides = true,
  check = function(case, x, actor, now, batch)
    ACT.plain(x[1], 'reason')
    whole(x[2], now, EXACT_MAX, 'until')
    local _, till, who = claim_parse(case.cl)
    if till and till > now and who ~= actor then
      return 'stale'
    end
    if PACE.first_aid(case) then
      return 'first-aid-clock'
    end
    local clocks, some = clocks_of(batch, case), false
    if clocks.paused then
      return 'paused'
    end
    for kind in pairs(clocks) do
      some = some or (PAUSABLE[kind] and CLOCKS_IN[case.s][kind])
    end
    return not some and 'no-clock' or nil
  end,
  plan = function(batch, case, x, _, now, say)
    say(',"pause":"' .. x[1] .. '"')
    local clocks = clocks_of(batch, case)
    for kind, c in pairs(clocks) do
      if PAUSABLE[kind] and CLOCKS_IN[case.s][kind] then
        c.step = 'p'
        push(batch.untimers, kind .. ':' .. case.no)
      end
    end
    clocks.paused = { due = x[1], warn = int(now), step = '0' }
    clocks_keep(case)
    push(batch.timers, x[2], 'pause:' .. case.no)
  end }

-- extra: the clocks' new times as for clocks_start, all that stand still, none earlier than before
VERBS['resume'] = { extras = 1,
  check = function(case, x, _, _, batch)
    local clocks, given = clocks_of(batch, case), {}
    if not clocks.paused then
      return 'not-paused'
    end
    for kind, due in string.gmatch(x[1], '(%l+)=(%d+)/') do
      given[kind] = tonumber(due)
    end
    for kind, c in pairs(clocks) do
      if c.step == 'p' and (given[kind] or 0) < tonumber(c.due) then
        error({ err = 'bad-input clocks' })
      end
    end
  end,
  plan = function(batch, case, x, _, _, say)
    say()
    clocks_of(batch, case).paused = nil
    clocks_start(batch, case, x[1])
    push(batch.untimers, 'pause:' .. case.no)
  end }

-- The reason for the pause may be over, and nobody has said so: the county's duty desk looks.
function TIMERS.pause(batch, case, limits, now)
  local paused = clocks_of(batch, case).paused
  if paused then
    PACE.say(batch, case, 'escalate', now, 'pause', { due = paused.warn }, 'county')
    PACE.to_county(batch, case, limits)
  end
end

-- ---- Looking ----

-- Arguments: case number, how many entries of its history to leave out, how many to answer (0..PAGE_MAX). Answers {}
-- or {township, inboxes, version, state, urgency, facts, decision (packed), ck, how many to leave out for the next
-- page (0 = this was the last), then events as JSON, oldest first}. A history only grows: pages fit together.
PACE.PAGE_MAX = 512

function PACE.look(keys, args)
  args_check(args, 3, 3)
  local P, no = keys[1], args[1]
  local after, most = whole(args[2], 0, EXACT_MAX, 'after'), whole(args[3], 0, PACE.PAGE_MAX, 'most')
  local row = redis.call('HMGET', case_key(P, no), 't', 'o', 'v', 's', 'u', 'f', 'd', 'ck', 'q', 'ev')
  if not row[4] then
    return {}
  end
  local answer = {}
  for i = 1, 8 do
    answer[i] = row[i] or ''
  end
  local second = cascade_parse(row[9] or '')
  answer[2] = answer[2] .. (second ~= '' and ',' .. second or '')
  answer[9] = '0'
  local last, n = '', 0
  for id in string.gmatch(row[10] or '', '[^,]+') do
    n = n + 1
    if n > after + most then
      answer[9] = int(after + most)
      break
    end
    if id ~= last and n > after then
      local entry = redis.call('XRANGE', P .. ':events', id, id)[1]
      for i = 1, entry and #entry[2] or 0, 2 do
        if entry[2][i] == no then
          push(answer, entry[2][i + 1])
        end
      end
    end
    last = id
  end
  return answer
end

redis.register_function{ function_name = 'jiuji_case_clocks', callback = PACE.look, flags = { 'no-writes' } }
