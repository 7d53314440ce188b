-- The review of first aid (复核): confirmed, or found wrong; then a person decides on recovery or waives it.
--
-- Field rc of the case, while something is to come back:
--   "FAILED|who found it|u:<fund>=<fen>,c:<fund>=<fen>,…"  u: not reviewed yet, c: confirmed before
--   "RECOVERING|who decided|<fund>=<fen>,…"                what is still to come back

-- Money that has arrived: what was not reviewed is now. Answers the postings, and marks the payments.
function RECOVERY.confirm(batch, case, list)
  local entries = {}
  for _, m in ipairs(list) do
    if m.pay.s == 'SUCCEEDED' and not m.pay.reviewed then
      if m.pay.m > (m.failing or 0) then
        push(entries, fund_post(fund_of(batch, m.pay.u), 'unreviewed', 'confirmed', m.pay.m - (m.failing or 0)))
      end
      debt_set(batch, m.pay, 'c')
      case_set(case, m.field, payment_text(m.pay))
    end
  end
  return entries[1] and table.concat(entries, ',') or nil
end

-- The county's countersignature: when a township's review debt has reached the last step, first aid of up to this
-- amount may be paid. Field cs: "who|fen"; the next first aid that needs it uses it up. extra: amount
VERBS['countersign'] = { extras = 1, decides = true, apart = { 'mk', 'hd' },
  plan = function(_, case, x, who, _, say)
    say(',"amount_fen":' .. int(ACT.fen(x, 1)))
    case_set(case, 'cs', who .. '|' .. int(ACT.fen(x, 1)))
  end }

VERBS['confirm'] = { extras = 1, decides = true, apart = { 'mk', 'hd' }, -- extra: inbox score
  plan = function(batch, case, x, _, now, say)
    say(nil, RECOVERY.confirm(batch, case, payments_of(batch.P, case)))
    case_set(case, 'rv', 'DONE:' .. int(now))
    case_set(case, 'pu', '0')
    LIFE.to_township(batch, case, x[1])
  end }

-- How `fen` lies on the payments, the last ones first. Answers the parts as text; m.failing is set.
function RECOVERY.lay(list, fen)
  local parts = {}
  for i = #list, 1, -1 do
    local m = list[i]
    if m.pay.s == 'SUCCEEDED' and fen > 0 then
      m.failing = math.min(fen, m.pay.m)
      fen = fen - m.failing
      push(parts, (m.pay.reviewed and 'c:' or 'u:') .. m.pay.u .. '=' .. int(m.failing))
    end
  end
  return parts, fen
end

-- extra: amount that was not due, desk, inbox score
VERBS['review-fail'] = { extras = 3, decides = true, apart = { 'mk', 'hd' },
  check = function(case, x, _, _, batch)
    if case.rc ~= '' then -- what was laid on its payments once cannot be laid on them again
      return 'recovered-before'
    end
    local arrived = 0
    for _, m in ipairs(payments_of(batch.P, case)) do
      arrived = arrived + (m.pay.s == 'SUCCEEDED' and m.pay.m or 0)
    end
    if arrived < ACT.fen(x, 1) then
      return 'cap:arrived:' .. int(arrived)
    end
    return nil
  end,
  plan = function(batch, case, x, who, now, say)
    local list, fen = payments_of(batch.P, case), ACT.fen(x, 1)
    local parts = RECOVERY.lay(list, fen)
    local doubtful = 0
    for _, m in ipairs(list) do
      doubtful = doubtful + (not m.pay.reviewed and m.failing or 0)
    end
    say(',"amount_fen":' .. int(fen), RECOVERY.confirm(batch, case, list))
    case_set(case, 'rc', 'FAILED|' .. who .. '|' .. table.concat(parts, ','))
    case_set(case, 'pu', int(doubtful))
    case_set(case, 'rv', 'FAILED:' .. int(now))
    push(batch.untimers, 'papers:' .. case.no)
    LIFE.to_desk(batch, case, x, 2)
  end }

function RECOVERY.parts(case)
  local status, by, text = string.match(case.rc, '^(%u+)|([^|]*)|(.*)$')
  local parts = {}
  for from, fund, fen in string.gmatch(text or '', '(%l?):?(%d+)=(%d+)') do
    push(parts, { from = from == 'u' and 'unreviewed' or from == 'c' and 'confirmed' or 'recovering', fund = fund,
      fen = tonumber(fen) })
  end
  return parts, status or '', by or ''
end

function RECOVERY.set(case, who, parts)
  local list = {}
  for _, p in ipairs(parts) do
    if p.fen > 0 then
      push(list, p.fund .. '=' .. int(p.fen))
    end
  end
  case_set(case, 'rc', (list[1] and 'RECOVERING|' or 'DONE|') .. who .. '|' .. table.concat(list, ','))
  return list[1] == nil
end

-- All parts to one account; the postings.
function RECOVERY.post(batch, parts, to)
  local entries = {}
  for _, p in ipairs(parts) do
    push(entries, fund_post(fund_of(batch, p.fund), p.from, to, p.fen))
    p.from = to
  end
  return entries[1] and table.concat(entries, ',') or nil
end

-- Found by one, decided by another.
function RECOVERY.another(case, _, who)
  local _, status, by = RECOVERY.parts(case)
  return status == 'FAILED' and same_person(by, who) and 'same-person' or nil
end

VERBS['recover'] = { decides = true, check = RECOVERY.another,
  plan = function(batch, case, _, who, _, say)
    local parts = RECOVERY.parts(case)
    say(nil, RECOVERY.post(batch, parts, 'recovering'))
    RECOVERY.set(case, who, parts)
    case_set(case, 'pu', '0')
  end }

VERBS['waive'] = { decides = true,
  check = function(case, _, who)
    local _, _, by = RECOVERY.parts(case)
    return same_person(by, who) and 'same-person' or nil
  end,
  plan = function(batch, case, _, who, _, say)
    say(nil, RECOVERY.post(batch, RECOVERY.parts(case), 'written_off'))
    case_set(case, 'rc', 'WAIVED|' .. who .. '|')
    case_set(case, 'pu', '0')
    LIFE.to_township(batch, case)
  end }

-- extra: amount that has come in
VERBS['repay'] = { extras = 1, decides = true,
  check = function(case, x)
    local owed = 0
    for _, p in ipairs(RECOVERY.parts(case)) do
      owed = owed + p.fen
    end
    return ACT.fen(x, 1) > owed and 'cap:owed:' .. int(owed) or nil
  end,
  plan = function(batch, case, x, who, _, say, tail)
    local parts, left, entries = RECOVERY.parts(case), ACT.fen(x, 1), {}
    local _, _, by = RECOVERY.parts(case)
    for _, p in ipairs(parts) do
      local fen = math.min(left, p.fen)
      if fen > 0 then
        push(entries, fund_post(fund_of(batch, p.fund), 'recovering', 'recovered', fen))
        p.fen, left = p.fen - fen, left - fen
      end
    end
    say(',"amount_fen":' .. int(tonumber(x[1])), table.concat(entries, ','))
    if RECOVERY.set(case, by, parts) then
      case_event(batch, case, 'recovered', 'RECOVERED', tail)
      LIFE.to_township(batch, case)
    end
  end }

-- The bank gives back a payment that is being recovered: that is a repayment. Answers false when less than
-- it is still owed; the caller must not book it then.
function RECOVERY.came_back(case, pay)
  local parts, _, by = RECOVERY.parts(case)
  for _, p in ipairs(parts) do
    if p.from == 'recovering' and p.fund == pay.u and p.fen >= pay.m then
      p.fen = p.fen - pay.m
      RECOVERY.set(case, by, parts)
      return true
    end
  end
  return false
end

-- Behind such a return: nothing is left to recover.
function RECOVERY.finish(batch, case, tail)
  if case.s == 'RECOVERING' and string.match(case.rc, '^DONE') then
    case_event(batch, case, 'recovered', 'RECOVERED', tail)
  end
end

-- A return of money that has been found wrong, waived or in part recovered fits no account: a person looks.
function RECOVERY.blocks(case, pay)
  local parts, status = RECOVERY.parts(case)
  if status == '' or pay.s ~= 'SUCCEEDED' then
    return false
  end
  for _, p in ipairs(parts) do
    if p.from == 'recovering' and p.fund == pay.u and p.fen >= pay.m then
      return false
    end
  end
  return true
end
