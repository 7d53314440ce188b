-- Clocks that have run out. {r}:timers is a sorted set: due ms, "<kind>:<case>". What a kind does stands
-- in TIMERS: function(batch, case, limits, now); it may answer when to look at this one again. Nothing is
-- ever refused for being late: it escalates.
local TIMERS = {}
TIMERS.MAKES = {} -- kinds whose number is that of a case to be: they get a blank one while there is none

function TIMERS.papers(batch, case, _, now)
  if case.s == 'FIRST_AID_APPROVED' then
    return now + 3600000 -- the bank is later than the papers are due: the duty stays
  end
  local to = move('papers-overdue', case.s)
  if to then
    case_event(batch, case, 'papers-overdue', to, fragment(now, 'system', 'papers-overdue'))
    case_set(case, 'rv', 'OVERDUE:' .. (string.match(case.rv, ':(%d+)$') or '0'))
    for _, m in ipairs(payments_of(batch.P, case)) do
      if m.pay.s == 'SUCCEEDED' and not m.pay.grant and not m.pay.reviewed then
        debt_set(batch, m.pay, 'o')
        case_set(case, m.field, payment_text(m.pay))
      end
    end
    case_set(case, 'cl', '')
    inbox_move(batch, case, case.t, '0')
  end
end

function TIMERS.takedown(batch, case, _, now)
  if case.s == 'PUBLICITY' then
    case_event(batch, case, 'publicity-end', move('publicity-end', case.s), fragment(now, 'system', 'publicity-end'))
  end
  GRANT.unpublish(batch, case, 'DONE')
end

function TIMERS.instalment(batch, case, _, now)
  local g, to = GRANT.parse(case.g), move('instalment', case.s)
  if to and g and g.s == 'APPROVED' then
    case_event(batch, case, 'instalment', to, fragment(now, 'system', 'instalment-due') .. ',"payment":"' ..
      payment_next_id(case) .. '","amount_fen":' .. int(GRANT.next(batch, case, g)))
    GRANT.pay(batch, case, g, int(now))
  end
end

-- A referral that nobody has acknowledged in time lies with the county's duty desk.
function TIMERS.refer(batch, case, limits, now)
  local late = false
  for _, r in ipairs(REFER.list(case)) do
    late = late or (r.state == 'WAITS' and tonumber(r.due) <= now)
  end
  if late and move('escalate', case.s) then
    case_event(batch, case, 'escalate', case.s, fragment(now, 'system', 'referral-not-acknowledged'))
    case_set(case, 'cl', '')
    inbox_move(batch, case, limits.region, '0')
  end
end

-- States in which somebody has yet to accept the case.
local WAITS = { DISPATCHED = true, DESIGNATED = true, FIRST_AID_APPROVED = true, FIRST_AID_PAID = true,
  PAY_FAILED = true }

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
  if limit > 0 and limits.accept_by and case.u == 'NORMAL' then -- working days: C has counted
    limit = math.max(60000, limits.accept_by - now)
  end
  case_set(case, 'q', '|' .. int(limit) .. '|' .. rest)
  inbox_move(batch, case, code, '0')
  if limit > 0 and code ~= limits.region then
    accept_start(batch, case.no, now, now + limit)
  end
end

function TIMERS.accept(batch, case, limits, now)
  if WAITS[case.s] and case.hd == '' and case.o ~= limits.region then
    local _, till = claim_parse(case.cl)
    if till and till > now then
      return till -- somebody is at it
    end
    accept_overdue(batch, case, limits, now)
  end
end

-- Arguments: region code (duty desk), most (1..64), then the cascade's limits: most cases in an inbox
-- (0 = any), "1" if only townships with an officer signed in are offered work; until when a NORMAL case has
-- to be accepted that is offered now ("" = as long as before); the clocks that begin now where nobody said a
-- verb ("followup=due/warn;pay=due/warn"). Answers how many fired.
local function fire(keys, args)
  args_check(args, 6, 6)
  local P, region, most = keys[1], args[1], whole(args[2], 1, 64, 'most')
  local limits = { region = region, inbox_max = whole(args[3], 0, EXACT_MAX, 'inbox_max'), duty = args[4],
    accept_by = args[5] ~= '' and whole(args[5], 1, EXACT_MAX, 'accept_by'), begins = args[6] }
  local batch = batch_new(P)
  local now = now_ms()
  batch_check(batch)
  local due = redis.call('ZRANGEBYSCORE', P .. ':timers', '-inf', now, 'LIMIT', 0, most)
  for _, member in ipairs(due) do
    local kind, no = string.match(member, '^([%a-]+):(%d+)$')
    local case = no and TIMERS[kind] and (batch_case(batch, no) or (TIMERS.MAKES[kind] and case_blank(no)))
    push(batch.untimers, member)
    local again = case and TIMERS[kind](batch, case, limits, now)
    if again then
      push(batch.timers, again, member)
    end
  end
  batch_write(batch)
  return #due
end

redis.register_function{ function_name = 'jiuji_fire', callback = fire, flags = { 'allow-oom' } }
