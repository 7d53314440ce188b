-- Cash and goods that an officer hands over (当面交付): with a witness, and a code that was sent to the
-- citizen's phone and is read back, or a second officer who was there. Field ho of the case:
-- "<payment>|<hash of the code>|<witness>|<officer>|<codes tried>|<until when the code holds, ms>"; without the last
-- one it holds as long as the money waits.
local HAND = { TRIES_MAX = 5 }

function HAND.payment(batch, case, id)
  local no, field = payment_place(id or '')
  if no ~= case.no then
    return nil
  end
  local text = redis.call('HGET', case_key(batch.P, no), field)
  local pay = text and payment_parse(id, text)
  return pay and pay.s == 'INTENT' and pay.method ~= 'b' and pay or nil, field
end

function HAND.parse(case)
  local id, hash, witness, who, tries, till = string.match(case.ho, '^(%w+)|(%w*)|([^|]*)|([^|]*)|(%d+)|?(%d*)$')
  return { id = id, hash = hash, witness = witness, who = who, tries = tonumber(tries or '0'), till = till or '' }
end

function HAND.set(case, h)
  case_set(case, 'ho', h.id .. '|' .. h.hash .. '|' .. h.witness .. '|' .. h.who .. '|' .. int(h.tries) ..
    (h.till ~= '' and '|' .. h.till or ''))
end

-- First aid in cash was taken from the cash box when it was approved. A grant is held at the bank: when it is
-- handed over in cash the box pays for the bank.
function HAND.from_box(batch, pay)
  if not (pay.grant and pay.method == 'c') then
    return nil
  end
  local fund = fund_of(batch, pay.u)
  return fund, fund_balance(fund, 'cash') < pay.m and 'cash-short' or nil
end

function HAND.settle(batch, case, pay, field, outcome, tail)
  settle(batch, case, pay, outcome, tail)
  pay.s = outcome
  case_set(case, field, payment_text(pay))
  case_set(case, 'ho', '')
  later(batch, 'zset', 'ZREM', batch.P .. ':byhand', pay.id)
end

-- extra: payment, hash of the code ("" when the citizen has no phone: a second officer confirms), witness, until
-- when the code holds (ms; policy cash.code_minutes)
VERBS['hand-over'] = { extras = 3, claim = true, decides = true,
  check = function(case, x, _, _, batch)
    local pay = HAND.payment(batch, case, x[1])
    if not pay then
      return 'not-by-hand'
    end
    if pay.method == 'c' and LEDGER.cash_stopped(fund_of(batch, pay.u)) then
      return 'cash-stopped'
    end
    local _, short = HAND.from_box(batch, pay)
    return short
  end,
  plan = function(_, case, x, who, _, say)
    if x[2] ~= '' then
      ACT.plain(x[2], 'code')
    end
    HAND.set(case, { id = x[1], hash = x[2], witness = ACT.plain(x[3], 'witness'), who = who, tries = 0,
      till = x[4] and int(whole(x[4], 1, EXACT_MAX, 'until')) or '' })
    say(',"payment":"' .. x[1] .. '","witness":"' .. x[3] .. '"')
  end }

-- extra: payment, hash of the code that was read back, "" = a second officer was there
VERBS['receipt'] = { extras = 2,
  check = function(case, x, who, now, batch)
    local h = HAND.parse(case)
    local pay = HAND.payment(batch, case, x[1])
    if h.id ~= x[1] or not pay then
      return 'not-by-hand'
    end
    local _, short = HAND.from_box(batch, pay)
    if short then
      return short
    end
    if x[2] == '' then
      return (same_person(h.who, who) or same_person(case.mk, who)) and 'same-person' or nil
    end
    if h.till ~= '' and tonumber(h.till) <= now then
      return 'code-expired'
    end
    return (h.hash == '' or h.tries >= HAND.TRIES_MAX) and 'code-locked' or nil
  end,
  plan = function(batch, case, x, _, _, say, tail)
    local h = HAND.parse(case)
    if x[2] ~= '' and x[2] ~= h.hash then -- counted, or codes could be tried through
      h.tries = h.tries + 1
      HAND.set(case, h)
      say(',"payment":"' .. x[1] .. '","matched":false')
      return 'wrong-code'
    end
    local pay, field = HAND.payment(batch, case, x[1])
    local box = HAND.from_box(batch, pay)
    say(',"payment":"' .. x[1] .. '","matched":true', box and fund_post(box, 'cash', 'available', pay.m))
    HAND.settle(batch, case, pay, field, 'SUCCEEDED', tail)
    return nil
  end }

-- Nobody was there, or it was refused: the money is free again. Writes the event of the failure.
VERBS['hand-fail'] = { extras = 1, claim = true, decides = true, silent = true, -- extra: payment
  check = function(case, x, _, _, batch)
    return not HAND.payment(batch, case, x[1]) and 'not-by-hand' or nil
  end,
  plan = function(batch, case, x, _, _, _, tail)
    local pay, field = HAND.payment(batch, case, x[1])
    HAND.settle(batch, case, pay, field, 'FAILED', tail)
  end }
