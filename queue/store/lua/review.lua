-- The review of first aid (复核): confirmed, or found wrong; then a person decides on recovery or waives it. And what
-- the bank gives back of such money: each part of it undoes what became of it.
--
-- Field rc of the case, from the failed review on: "STATUS|who|parts", and "|outcome:who" behind it while a refund
-- waits for its second person. STATUS: FAILED (who found it; nobody has decided), RECOVERING (who decided), WAIVED,
-- or DONE (nothing of it is open). Parts "<kind><payment>:<fund>=<fen>,…", what became of the money that was found
-- wrong:
--   u, c  not decided; was not reviewed before, was confirmed before
--   r     being recovered
--   d     repaid
--   w     written off
--   o     owed to the citizen: the bank gave back what had been repaid already; lies in "held" for him
--   b     was right: came back while the rest was not settled, is to be paid anew behind that
RECOVERY.ACCOUNT = { u = 'unreviewed', c = 'confirmed', r = 'recovering', d = 'owed', w = 'written_off' }
RECOVERY.OPEN = { u = true, c = true, r = true }
RECOVERY.TASK_MS = 5 * 86400000 -- within which a surplus is to be paid back

function RECOVERY.parts(case)
  local status, by, text, asked = string.match(case.rc, '^(%u+)|([^|]*)|([^|]*)|?([^|]*)$')
  local parts = {}
  if not status and case.rc ~= '' then
    error({ err = 'corrupt recovery of ' .. case.no })
  end
  for _, one in ipairs(text and text ~= '' and split(text, ',') or {}) do
    local kind, n, fund, fen = string.match(one, '^([ucrdwob])(%d+):(%d+)=(%d+)$')
    if not kind then
      error({ err = 'corrupt recovery of ' .. case.no })
    end
    push(parts, { kind = kind, n = tonumber(n), fund = fund, fen = tonumber(fen) })
  end
  return parts, status or '', by or '', asked or ''
end

-- Sum of the parts of one kind, or (nil) of all that is open.
function RECOVERY.sum(parts, kind)
  local fen = 0
  for _, p in ipairs(parts) do
    if kind and p.kind == kind or not kind and RECOVERY.OPEN[p.kind] then
      fen = fen + p.fen
    end
  end
  return fen
end

-- Write it back: like parts are added up, empty ones left out. Answers the status: DONE when nothing is open any more.
function RECOVERY.set(case, status, who, parts)
  local list, at = {}, {}
  for _, p in ipairs(parts) do
    local name = p.kind .. int(p.n) .. ':' .. p.fund
    if at[name] then
      list[at[name]].fen = list[at[name]].fen + p.fen
    elseif p.fen > 0 then
      push(list, { name = name, fen = p.fen })
      at[name] = #list
    end
  end
  for i, p in ipairs(list) do
    list[i] = p.name .. '=' .. int(p.fen)
  end
  if RECOVERY.sum(parts, status == 'WAIVED' and 'w' or nil) == 0 then
    status = 'DONE'
  end
  case_set(case, 'rc', status .. '|' .. who .. '|' .. table.concat(list, ','))
  return status
end

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

-- How `fen` lies on the payments, the last ones first. Answers the parts; m.failing is set.
function RECOVERY.lay(list, fen)
  local parts = {}
  for i = #list, 1, -1 do
    local m = list[i]
    if m.pay.s == 'SUCCEEDED' and fen > 0 then
      m.failing = math.min(fen, m.pay.m)
      fen = fen - m.failing
      push(parts, { kind = m.pay.reviewed and 'c' or 'u', n = tonumber(string.sub(m.field, 2)), fund = m.pay.u,
        fen = m.failing })
    end
  end
  return parts
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
    RECOVERY.set(case, 'FAILED', who, parts)
    case_set(case, 'pu', int(doubtful))
    case_set(case, 'rv', 'FAILED:' .. int(now))
    push(batch.untimers, 'papers:' .. case.no)
    LIFE.to_desk(batch, case, x, 2)
  end }

-- All that is open to one account; the postings.
function RECOVERY.post(batch, parts, to, kind)
  local entries = {}
  for _, p in ipairs(parts) do
    if RECOVERY.OPEN[p.kind] then
      push(entries, fund_post(fund_of(batch, p.fund), RECOVERY.ACCOUNT[p.kind], to, p.fen))
      p.kind = kind
    end
  end
  return entries[1] and table.concat(entries, ',') or nil
end

-- Behind everything that may end it: nothing is left to recover, and what was right and came back meanwhile waits to be
-- paid anew.
function RECOVERY.finish(batch, case, tail)
  local parts, status, by = RECOVERY.parts(case)
  if status ~= 'DONE' and status ~= 'WAIVED' then
    return
  end
  local to = status == 'DONE' and move('recovered', case.s)
  if to then
    case_event(batch, case, 'recovered', to, tail)
  end
  local due = RECOVERY.sum(parts, 'b')
  to = due > 0 and move('pay-returned', case.s)
  if due > 0 then
    for _, p in ipairs(parts) do
      p.fen = p.kind == 'b' and 0 or p.fen
    end
    RECOVERY.set(case, status, by, parts)
  end
  if to then
    case_event(batch, case, 'pay-returned', to, tail .. ',"due_fen":' .. int(due))
  end
end

-- Found by one, decided by another.
function RECOVERY.another(case, _, who)
  local _, status, by = RECOVERY.parts(case)
  return status == 'FAILED' and same_person(by, who) and 'same-person' or nil
end

VERBS['recover'] = { decides = true, check = RECOVERY.another,
  plan = function(batch, case, _, who, _, say)
    local parts = RECOVERY.parts(case)
    say(nil, RECOVERY.post(batch, parts, 'recovering', 'r'))
    RECOVERY.set(case, 'RECOVERING', who, parts)
    case_set(case, 'pu', '0')
  end }

VERBS['waive'] = { decides = true,
  check = function(case, _, who)
    local _, _, by = RECOVERY.parts(case)
    return same_person(by, who) and 'same-person' or nil
  end,
  plan = function(batch, case, _, who, _, say, tail)
    local parts = RECOVERY.parts(case)
    say(nil, RECOVERY.post(batch, parts, 'written_off', 'w'))
    RECOVERY.set(case, 'WAIVED', who, parts)
    case_set(case, 'pu', '0')
    RECOVERY.finish(batch, case, tail)
    LIFE.to_township(batch, case)
  end }

-- extra: amount that has come in
VERBS['repay'] = { extras = 1, decides = true,
  check = function(case, x)
    local owed = RECOVERY.sum(RECOVERY.parts(case), 'r')
    return ACT.fen(x, 1) > owed and 'cap:owed:' .. int(owed) or nil
  end,
  plan = function(batch, case, x, _, _, say, tail)
    local parts, _, by = RECOVERY.parts(case)
    local left, entries = ACT.fen(x, 1), {}
    for i = 1, #parts do
      local p = parts[i]
      local fen = p.kind == 'r' and math.min(left, p.fen) or 0
      if fen > 0 then
        push(entries, fund_post(fund_of(batch, p.fund), 'recovering', 'recovered', fen))
        p.fen, left = p.fen - fen, left - fen
        push(parts, { kind = 'd', n = p.n, fund = p.fund, fen = fen })
      end
    end
    say(',"amount_fen":' .. int(tonumber(x[1])), table.concat(entries, ','))
    if RECOVERY.set(case, 'RECOVERING', by, parts) == 'DONE' then
      RECOVERY.finish(batch, case, tail)
      LIFE.to_township(batch, case)
    end
  end }

-- ---- What the bank gives back (退票) ----

-- Somebody has to pay it back: he finds it in the list of tasks, as a closed case lies in no inbox.
function RECOVERY.task(batch, case, owed)
  local now = batch_now(batch)
  local desk = string.sub(case.t ~= '' and case.t or string.sub(batch.P, 2, -2), 1, 6)
  later(batch, 'hash', 'HSET', batch.P .. ':tasks', 'surplus:' .. case.no, 'surplus|' .. desk .. '|' ..
    int(now + RECOVERY.TASK_MS) .. '|' .. int(now) .. '|case=' .. case.no .. ',owed_fen=' .. int(owed))
end

-- A payment that had arrived comes back. nil when nothing of the case was ever found wrong; else the postings for the
-- part of it that was (wrong, in fen), members of the event, and open: until now a decision or a repayment was to come.
-- Not decided or being recovered: that is recovered now. Written off: it is not lost any more. Repaid: the fund has it
-- twice, so it is owed to the citizen and held for him until two people have paid it back (verb refund).
function RECOVERY.returned(batch, case, pay)
  if case.rc == '' then
    return nil
  end
  local parts, status, by = RECOVERY.parts(case)
  local back = { entries = {}, wrong = 0 }
  local n, sums = tonumber(string.sub(pay.id, -2)), {}
  for _, p in ipairs(parts) do
    local from = p.n == n and RECOVERY.ACCOUNT[p.kind]
    if from then
      local fund = fund_of(batch, p.fund)
      push(back.entries, fund_post(fund, from, 'returned', p.fen))
      push(back.entries, fund_post(fund, 'returned', p.kind == 'd' and 'held' or 'available', p.fen))
      sums[p.kind] = (sums[p.kind] or 0) + p.fen
      back.wrong = back.wrong + p.fen
      if p.kind == 'd' then
        p.kind = 'o'
      else
        p.fen = 0
      end
    end
  end
  local due = pay.m - back.wrong
  if status == 'FAILED' or status == 'RECOVERING' then
    back.open = true
    push(parts, { kind = 'b', n = n, fund = pay.u, fen = due })
  end
  RECOVERY.set(case, status, by, parts) -- a refund that one person had asked for is asked for anew: it may be more now
  if sums.u then
    case_set(case, 'pu', int(math.max(0, ACT.number(case.pu) - sums.u)))
  end
  if sums.d then
    RECOVERY.task(batch, case, RECOVERY.sum(parts, 'o'))
  end
  back.more = back.wrong == 0 and '' or ',"due_fen":' .. int(due) .. ',"recovered_fen":' ..
    int((sums.u or 0) + (sums.c or 0) + (sums.r or 0)) .. ',"written_off_fen":' .. int(sums.w or 0) ..
    ',"owed_fen":' .. int(sums.d or 0)
  return back
end

-- Behind the event of a return. due: what somebody is still waiting for. Whoever decides on the rest keeps the case;
-- where nobody has to do anything it stays where it is.
function RECOVERY.settled(batch, case, back, due, tail, before)
  if back then
    RECOVERY.finish(batch, case, tail)
  end
  local decides = case.s == 'REVIEW_FAILED' or case.s == 'RECOVERING'
  if not (back and decides) and (due > 0 or case.s ~= before) then
    LIFE.to_township(batch, case)
  end
end

-- The surplus goes back to its person, or (retained) stays in the fund because it cannot be given to him; two people
-- say so. extra: "paid" or "retained", the whole sum that is owed
VERBS['refund'] = { extras = 2, decides = true,
  check = function(case, x, who)
    local parts, _, _, asked = RECOVERY.parts(case)
    local owed, outcome, first = RECOVERY.sum(parts, 'o'), string.match(asked, '^(%l+):(.*)$')
    if x[1] ~= 'paid' and x[1] ~= 'retained' then
      error({ err = 'bad-input refund' })
    end
    if owed == 0 then
      return 'no-surplus'
    end
    if ACT.fen(x, 2) ~= owed then
      return 'surplus-amount'
    end
    return outcome == x[1] and same_person(first, who) and 'same-person' or nil
  end,
  plan = function(batch, case, x, who, _, say)
    local parts, status, by, asked = RECOVERY.parts(case)
    local outcome, first = string.match(asked, '^(%l+):(.*)$')
    local more = ',"outcome":"' .. x[1] .. '","amount_fen":' .. int(ACT.fen(x, 2))
    if outcome ~= x[1] then
      say(more .. ',"step":"asked"')
      RECOVERY.set(case, status, by, parts)
      case_set(case, 'rc', case.rc .. '|' .. x[1] .. ':' .. ACT.plain(who, 'actor'))
      return
    end
    local entries = {}
    for _, p in ipairs(parts) do
      if p.kind == 'o' and x[1] == 'paid' then
        push(entries, fund_post(fund_of(batch, p.fund), 'held', 'owed', p.fen))
      elseif p.kind == 'o' then
        push(entries, fund_post(fund_of(batch, p.fund), 'allotted', 'owed', p.fen))
        push(entries, fund_post(fund_of(batch, p.fund), 'held', 'available', p.fen))
      end
      p.fen = p.kind == 'o' and 0 or p.fen
    end
    say(more .. ',"step":"done","asked_by":"' .. first .. '"', table.concat(entries, ','))
    RECOVERY.set(case, status, by, parts)
    later(batch, 'hash', 'HDEL', batch.P .. ':tasks', 'surplus:' .. case.no)
  end }
