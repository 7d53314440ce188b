-- Referral (转介): to whom, and what the receiving side has answered. Field rf of the case:
-- "<n>:<target>:<WAITS|ACCEPTED|DECLINED|DONE>:<due ms>,…". A referral goes beside relief (refer) or
-- instead of it (refer-out).
local REFER = { MOST = 20, ANSWERS = { accepted = 'ACCEPTED', declined = 'DECLINED', done = 'DONE' } }

function REFER.list(case)
  local list = {}
  for n, target, state, due in string.gmatch(case.rf, '(%d+):([%w_]+):(%u+):(%d+)') do
    push(list, { n = tonumber(n), target = target, state = state, due = due })
  end
  return list
end

function REFER.set(case, list)
  local texts = {}
  for _, r in ipairs(list) do
    push(texts, int(r.n) .. ':' .. r.target .. ':' .. r.state .. ':' .. r.due)
  end
  case_set(case, 'rf', table.concat(texts, ','))
end

-- The clock runs for the earliest one that still waits.
function REFER.clock(batch, case, list)
  local first = nil
  for _, r in ipairs(list) do
    if r.state == 'WAITS' and (not first or tonumber(r.due) < tonumber(first)) then
      first = r.due
    end
  end
  push(batch.untimers, 'refer:' .. case.no)
  if first then
    push(batch.timers, first, 'refer:' .. case.no)
  end
end

function REFER.check(case)
  return #REFER.list(case) >= REFER.MOST and 'too-many' or nil
end

-- extra: target, due ms of the acknowledgement
function REFER.plan(batch, case, x, _, _, say)
  local list = REFER.list(case)
  if not string.match(x[1], '^[%w_]+$') then
    error({ err = 'bad-input target' })
  end
  push(list, { n = #list + 1, target = x[1], state = 'WAITS', due = int(whole(x[2], 1, EXACT_MAX, 'due_ms')) })
  say(',"referral":' .. int(#list) .. ',"target":"' .. x[1] .. '","due_ms":' .. list[#list].due)
  REFER.set(case, list)
  REFER.clock(batch, case, list)
end

VERBS['refer'] = { extras = 2, check = REFER.check, plan = REFER.plan }
VERBS['refer-out'] = { extras = 2, check = function(case)
  return REFER.check(case) or LIFE.unpaid(case)
end, plan = REFER.plan }

-- extra: number of the referral, "accepted", "declined" or "done". What is declined is the township's again.
VERBS['refer-ack'] = { extras = 2,
  check = function(case, x)
    local r = REFER.list(case)[tonumber(x[1])]
    return (not r or not REFER.ANSWERS[x[2]] or r.state == 'DECLINED' or r.state == 'DONE') and 'no-referral' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    local list = REFER.list(case)
    local r = list[tonumber(x[1])]
    r.state = REFER.ANSWERS[x[2]]
    say(',"referral":' .. int(r.n) .. ',"target":"' .. r.target .. '","answer":"' .. x[2] .. '"')
    REFER.set(case, list)
    REFER.clock(batch, case, list)
    if r.state == 'DECLINED' then
      LIFE.to_township(batch, case)
    end
  end }
