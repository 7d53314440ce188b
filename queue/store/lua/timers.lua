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
    case_set(case, 'rv', 'OVERDUE' .. (string.match(case.rv, ':.*$') or ':0'))
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

-- What the policy says where a case is (its township, before it has one the region) as of now. limits.places:
-- texts "prefix,critical ms,urgent ms,by/warn of a normal case,clocks that begin" with "|" between, made from the
-- policy pack (workers/rules/clock_terms.c); the longest prefix counts. Read only when a timer needs it.
local function place_rules(limits, case)
  if not limits.rules then
    limits.rules = {}
    for _, part in ipairs(limits.places ~= '' and split(limits.places, '|') or {}) do
      local prefix, critical, urgent, normal, begins = string.match(part, '^(%d*),(%d+),(%d+),([%d/]*),([%l%d=/;]*)$')
      if not prefix then
        error({ err = 'bad-input places' })
      end
      limits.rules[prefix] = { CRITICAL = tonumber(critical), URGENT = tonumber(urgent), normal = normal,
        begins = begins }
    end
  end
  local code = case.t ~= '' and case.t or limits.region
  for n = #code, 0, -1 do
    local rules = limits.rules[string.sub(code, 1, n)]
    if rules then
      return rules
    end
  end
  return { normal = '', begins = '' }
end

-- How long the next one has to accept it (ms), and when that warns: as the policy of the case's county says, else
-- as long as the one before.
local function accept_limit(limits, case, limit, now)
  local rules = place_rules(limits, case)
  if limit <= 0 then -- no clock runs for it
    return 0
  elseif case.u ~= 'NORMAL' then
    return rules[case.u] or limit
  elseif rules.normal == '' then
    return limit
  end
  local by, warn = accept_times(rules.normal) -- working days: C has counted
  return math.max(60000, by - now), warn
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
  local warn
  limit, warn = accept_limit(limits, case, limit, now)
  case_set(case, 'q', '|' .. int(limit) .. '|' .. rest)
  inbox_move(batch, case, code, '0')
  accept_stop(batch, case.no)
  if limit > 0 and code ~= limits.region then
    accept_start(batch, case.no, now + limit, warn)
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
-- (0 = any), "1" if only townships with an officer signed in are offered work; what the policy says where
-- (place_rules; "" = as it was before, and no clock begins). Answers how many fired.
local function fire(keys, args)
  args_check(args, 5, 5)
  local P, region, most = keys[1], args[1], whole(args[2], 1, 64, 'most')
  local limits = { region = region, inbox_max = whole(args[3], 0, EXACT_MAX, 'inbox_max'), duty = args[4],
    places = args[5] }
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
