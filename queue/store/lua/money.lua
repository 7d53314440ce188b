-- Money: the first-aid envelope (hold + payment + review duty in one step), and what the bank says.

-- A first-aid order in `args` from `at`: amount, tail of the event, maker, year, cause, how: "1" for
-- small-fast else "0", then by whom it is handed over ("b" bank, "c" cash, "g" goods, "s" service) and, if another fund
-- than the township's pays, ":" and its code, and at last "!" if a reviewer must have countersigned
-- (review.lua); then the caps: "household's/person's/township's of the day", the first two paid in
-- the year, 0 = no such cap for the others; times in the year, same cause in the year; day, day cap, month,
-- month cap ("" = no standing order); papers due ms, "/", when the money has
-- to be there ("" = that is not watched), and how the papers press: "/warn/county/chase" (minutes, pace.lua);
-- job score.
local AID_ARGS = 15

local function aid_parse(args, at)
  local function cap(i)
    return whole(args[at + i], 0, EXACT_MAX, 'cap')
  end
  local small, method, fund, sign = string.match(args[at + 5], '^([01])([bcg]?):?(%d*)(!?)$')
  if not small then
    error({ err = 'bad-input how it is paid' })
  end
  local aid = {
    fen = amount(args[at]), tail = args[at + 1], maker = args[at + 2], year = args[at + 3], cause = args[at + 4],
    small = small == '1', method = method == '' and 'b' or method, fund = fund ~= '' and fund or nil,
    countersign = sign == '!',
    cap_times = cap(7), cap_cause = cap(8), day = args[at + 9],
    cap_day = cap(10), month = args[at + 11], cap_month = cap(12), score = args[at + 14],
  }
  local paid, own, town = string.match(args[at + 6], '^(%d+)/(%d+)/(%d+)$')
  aid.cap_paid, aid.cap_person = whole(paid, 0, EXACT_MAX, 'cap'), whole(own, 0, EXACT_MAX, 'cap')
  aid.cap_town = whole(town, 0, EXACT_MAX, 'cap')
  whole(aid.year, 1970, 9999, 'year')
  local papers, pay, press = string.match(args[at + 13], '^(%d+)/?(%d*)/?([%d/]*)$')
  aid.papers_due, aid.press = papers, (press or '') ~= '' and press .. ':' or ''
  aid.look = whole(papers, 1, EXACT_MAX, 'papers_due') - tonumber(string.match(press, '^%d+') or '0') * 60000
  if pay ~= '' then
    aid.look = whole(pay, 1, EXACT_MAX, 'pay_due')
  end
  if aid.day ~= '' then
    whole(aid.day, 19700101, 99991231, 'day')
    whole(aid.month, 197001, 999912, 'month')
  end
  if not string.match(aid.cause, '^[%w_]+$') then
    error({ err = 'bad-input cause' })
  end
  return aid
end

-- Cash lies in the box, everything else with the bank: the account that money is taken from and the one where it
-- waits.
local function purse(method)
  if method == 'c' then
    return 'cash', 'cash_held'
  end
  return 'available', 'held'
end

-- Only the township's own fund pays, or the reserve behind it. A county's countersignature is another person's
-- and covers so much.
local function aid_permit(batch, case, aid)
  if aid.fund and aid.fund ~= case.t and aid.fund ~= string.sub(case.t, 1, 6) and '{' .. aid.fund .. '}' ~= batch.P then
    return 'funds:available:0'
  end
  if aid.countersign then
    local who, fen = string.match(redis.call('HGET', case_key(batch.P, case.no), 'cs') or '', '^([^|]+)|(%d+)$')
    if not who or tonumber(fen) < aid.fen then
      return 'countersign'
    end
    if same_person(who, aid.maker) then
      return 'same-person'
    end
  end
  return nil
end

-- What all first aid of a day comes to in a township, whoever approves it: its fund's td "day since 1970:fen".
local function china_day(ms)
  return int(math.floor((ms + 28800000) / 86400000))
end

local function town_spend(batch, code, day, fen)
  local town = fund_of(batch, code)
  town.td = fen < 0 and day .. ':' .. int(math.max(0, spent_in(town.td, day) + fen)) or spend(town.td, day, fen)
  town.set.td, town.dirty = true, true
end

-- nil when the money may be held, else the refusal "funds" or "cap:<which>:<left>".
local function aid_refusal(batch, case, aid)
  local fund = fund_of(batch, aid.fund or case.t)
  local person = person_of(batch, case.h, aid.year)
  if aid.method == 'c' and redis.call('HGET', fund.key, 'cash_stop') == '1' then
    return 'cash-stopped'
  end
  local permit = (aid.fund or aid.countersign) and aid_permit(batch, case, aid)
  if permit then
    return permit
  end
  local there = fund_balance(fund, (purse(aid.method)))
  if there < aid.fen then
    return 'funds:available:' .. int(there)
  end
  if person.paid + aid.fen > aid.cap_paid then
    return 'cap:year:' .. int(math.max(0, aid.cap_paid - person.paid))
  end
  local own = person.own or person
  if aid.cap_person > 0 and own.paid + aid.fen > aid.cap_person then
    return 'cap:person:' .. int(math.max(0, aid.cap_person - own.paid))
  end
  local town = aid.cap_town > 0 and spent_in(fund_of(batch, case.t).td, china_day(batch.now or now_ms())) or 0
  if aid.cap_town > 0 and town + aid.fen > aid.cap_town then
    return 'cap:township-day:' .. int(math.max(0, aid.cap_town - town))
  end
  if person.times + 1 > aid.cap_times then
    return 'cap:times:0'
  end
  if (person.causes[aid.cause] or 0) + 1 > aid.cap_cause then
    return 'cap:same-cause:0'
  end
  if aid.day ~= '' then
    local today, month = spent_in(fund.day, aid.day), spent_in(fund.month, aid.month)
    if today + aid.fen > aid.cap_day then
      return 'cap:day:' .. int(math.max(0, aid.cap_day - today))
    end
    if month + aid.fen > aid.cap_month then
      return 'cap:month:' .. int(math.max(0, aid.cap_month - month))
    end
  end
  return nil
end

-- A payment is a field of its case, m1, m2 …: "state|fen|fund|year|cause|small-fast|day|month|how|ms when
-- it was made|bank's reference". how: "a" first aid or "g" grant, then "b" bank, "c" cash, "g" goods or "s" service,
-- then where the money stands once it has arrived: "u" not reviewed, "o" the same and its papers are
-- overdue, "c" confirmed. Its id is the case number, "A" and two digits, so the id alone says where it is.
local function payment_place(id)
  local no, n = string.match(id, '^(%d+)A(%d%d)$')
  if not no then
    return nil
  end
  return no, 'm' .. tonumber(n)
end

local function payment_parse(id, text)
  local s, fen, fund, year, cause, small, day, month, how, at, bank = string.match(text,
    '^(%u+)|(%d+)|(%d+)|(%d+)|([%w_]+)|([01])|(%d*)|(%d*)|(%l%l%l)|(%d*)|(.*)$')
  if not s then
    error({ err = 'corrupt payment ' .. id })
  end
  return { id = id, s = s, m = tonumber(fen), u = fund, year = year, cause = cause, small = small, day = day,
      month = month, how = how, grant = string.sub(how, 1, 1) == 'g', method = string.sub(how, 2, 2),
      reviewed = string.sub(how, 3, 3) == 'c', overdue = string.sub(how, 3, 3) == 'o', at = at, b = bank }
end

local function payment_text(p)
  return p.s .. '|' .. int(p.m) .. '|' .. p.u .. '|' .. p.year .. '|' .. p.cause .. '|' .. p.small .. '|' ..
      p.day .. '|' .. p.month .. '|' .. p.how .. '|' .. p.at .. '|' .. p.b
end

-- Review debt (补齐手续欠账): an arrived payment becomes overdue ("o"), or is not any more ("u", "c"). No account: it is a
-- part of "unreviewed".
local function debt_set(batch, pay, mark)
  local was = pay.overdue
  pay.how, pay.overdue, pay.reviewed = string.sub(pay.how, 1, 2) .. mark, mark == 'o', mark == 'c'
  if was ~= pay.overdue then
    local fund, sign = fund_of(batch, pay.u), pay.overdue and 1 or -1
    fund.overdue = math.max(0, fund_balance(fund, 'overdue') + sign * pay.m)
    fund.overdue_n = math.max(0, fund_balance(fund, 'overdue_n') + sign)
    fund.set.overdue, fund.set.overdue_n, fund.dirty = true, true, true
  end
end

-- The payments of a case, as {field, payment} pairs in order.
local function payments_of(P, case)
  local names, list = {}, {}
  for i = 1, tonumber(case.pn ~= '' and case.pn or '0') do
    push(names, 'm' .. i)
  end
  if names[1] then
    for i, text in ipairs(redis.call('HMGET', case_key(P, case.no), unpack(names))) do
      push(list, { field = names[i], pay = payment_parse(case.no .. 'A' .. string.format('%02d', i),
          case.set[names[i]] or text) })
    end
  end
  return list
end

local PAYMENTS_MAX = 99 -- two digits in the payment's id

-- The next payment of a case, with its job if the bank pays it. p: fen, fund, year, cause, small, day,
-- month, how.
local function payment_add(batch, case, p, score)
  local n = tonumber(case.pn ~= '' and case.pn or '0') + 1
  local id = case.no .. 'A' .. string.format('%02d', n)
  if n > PAYMENTS_MAX or not string.match(p.u, '^%d+$') then -- payment_parse could not read it back
    error({ err = 'bad-input payment' })
  end
  p.s, p.b, p.at = 'INTENT', '', int(batch_now(batch))
  case_set(case, 'pn', int(n))
  case_set(case, 'm' .. int(n), payment_text(p))
  if string.sub(p.how, 2, 2) == 'b' then
    job_add(batch, 'pay', id, score, '')
  else -- {r}:byhand lists what an officer still has to hand over
    later(batch, 'zset', 'ZADD', batch.P .. ':byhand', p.at, id)
  end
  return id
end

local function payment_next_id(case)
  return case.no .. 'A' .. string.format('%02d', tonumber(case.pn ~= '' and case.pn or '0') + 1)
end

-- Hold the money, make the payment with its job, book the review: all or nothing, planned into the
-- batch.
local function aid_plan(batch, case, aid)
  local code = aid.fund or case.t
  local fund, person = fund_of(batch, code), person_of(batch, case.h, aid.year)
  local from, to = purse(aid.method)
  local entry, more = fund_post(fund, from, to, aid.fen), ''
  if aid.countersign then
    local signature = redis.call('HGET', case_key(batch.P, case.no), 'cs')
    more = ',"countersigned_by":"' .. string.match(signature, '^([^|]+)') .. '"'
    case_set(case, 'cs', '') -- one signature, one payment
  end
  if aid.day ~= '' then
    fund.day, fund.month = spend(fund.day, aid.day, aid.fen), spend(fund.month, aid.month, aid.fen)
    fund.spent = true
  end
  person_count(person, nil, aid.fen, 1, aid.small and 1 or 0, aid.cause, 1)
  town_spend(batch, case.t, china_day(batch.now or now_ms()), aid.fen)
  case_event(batch, case, 'first-aid', 'FIRST_AID_APPROVED',
    aid.tail .. ',"payment":"' .. payment_next_id(case) .. '","amount_fen":' .. int(aid.fen) .. ',"review_due_ms":' ..
        aid.papers_due .. more, entry)
  case_set(case, 'a', int(tonumber(case.a ~= '' and case.a or '0') + aid.fen))
  person_note(batch, case, aid.cause)
  case_set(case, 'mk', aid.maker)
  case_set(case, 'rv', 'BOOKED:' .. aid.press .. aid.papers_due)
  push(batch.timers, int(aid.look), 'papers:' .. case.no)
  return payment_add(batch, case, { m = aid.fen, u = code, year = person.year, cause = aid.cause,
    small = aid.small and '1' or '0', day = aid.day, month = aid.day ~= '' and aid.month or '',
    how = 'a' .. aid.method .. 'u' }, aid.score)
end

-- ---- What became of a payment ----

local RANK = { INTENT = 0, UNKNOWN = 1, ACCEPTED = 2, FAILED = 3, SUCCEEDED = 3, RETURNED = 4 }

-- Other payments of the case: is one on its way, does one of first aid wait for its review? What comes back of
-- an earlier one must neither let a second one be made beside the first nor end the duty to review it.
local function others_of(batch, case, pay)
  local open, duty = false, false
  for _, m in ipairs(payments_of(batch.P, case)) do
    if m.pay.id ~= pay.id then
      local way = RANK[m.pay.s] < 3
      open = open or way
      duty = duty or (not m.pay.grant and (way or (m.pay.s == 'SUCCEEDED' and not m.pay.reviewed)))
    end
  end
  return open, duty
end

-- The approval did not turn into money: give back what it counted for.
local function aid_undo(batch, case, pay)
  -- what comes back in a later year gives nothing back there
  person_count(person_of(batch, case.h, pay.year), pay.year, -pay.m, -1, pay.small == '1' and -1 or 0, pay.cause, -1)
  local fund = fund_of(batch, pay.u)
  if pay.day ~= '' then
    fund.spent = true
    if spent_in(fund.day, pay.day) > 0 then
      fund.day = pay.day .. ':' .. int(math.max(0, spent_in(fund.day, pay.day) - pay.m))
    end
    if spent_in(fund.month, pay.month) > 0 then
      fund.month = pay.month .. ':' .. int(math.max(0, spent_in(fund.month, pay.month) - pay.m))
    end
  end
  local town, made = #pay.u == 9 and pay.u or case.t, china_day(tonumber(pay.at ~= '' and pay.at or '0'))
  if spent_in(fund_of(batch, town).td, made) > 0 then
    town_spend(batch, town, made, -pay.m)
  end
  case_set(case, 'a', int(math.max(0, tonumber(case.a) - pay.m)))
  person_note(batch, case, pay.cause)
  local open, duty = others_of(batch, case, pay)
  if not duty then
    case_set(case, 'rv', 'VOID:0')
    push(batch.untimers, 'papers:' .. case.no)
  end
  return open
end

-- What a grant adds to it (grant.lua): { paid = function(batch, case, pay, tail), failed = … }.
local GRANT_NEWS = {}
-- What a review has found wrong, and what the bank gives back of it (review.lua).
local RECOVERY = {}

-- Answers the word for the citizen's message and, if that is not all of the payment, the amount that it is about; nil
-- when it is nothing to him.
local function settle(batch, case, pay, outcome, tail)
  local fund = fund_of(batch, pay.u)
  tail = tail .. ',"payment":"' .. pay.id .. '"'
  if pay.grant then
    case_complete(batch.P, case)
    return GRANT_NEWS[outcome == 'SUCCEEDED' and 'paid' or 'failed'](batch, case, pay, outcome, tail)
  end
  if outcome == 'SUCCEEDED' then
    local _, held = purse(pay.method)
    local entry = fund_post(fund, held, 'unreviewed', pay.m)
    case_event(batch, case, 'paid', move('paid', case.s) or case.s, tail, entry)
    case_set(case, 'pu', int(tonumber(case.pu ~= '' and case.pu or '0') + pay.m))
    return 'paid'
  end
  case_complete(batch.P, case)
  local back = pay.s == 'SUCCEEDED' and RECOVERY.returned(batch, case, pay) or nil
  local due, entries = pay.m - (back and back.wrong or 0), back and back.entries or {}
  if pay.s == 'SUCCEEDED' then
    if not pay.reviewed then
      case_set(case, 'pu', int(math.max(0, tonumber(case.pu ~= '' and case.pu or '0') - pay.m)))
      debt_set(batch, pay, 'u')
    end
    if due > 0 then
      push(entries, fund_post(fund, pay.reviewed and 'confirmed' or 'unreviewed', 'returned', due))
      push(entries, fund_post(fund, 'returned', 'available', due))
    end
  else
    local free, held = purse(pay.method)
    push(entries, fund_post(fund, held, free, pay.m))
  end
  local verb, before = outcome == 'FAILED' and 'pay-failed' or 'pay-returned', case.s
  local open = aid_undo(batch, case, pay)
  case_event(batch, case, verb, due > 0 and not open and move(verb, case.s) or case.s,
    tail .. (back and back.more or ''), table.concat(entries, ','))
  -- back to the township, before everything else: somebody waits for money that did not come
  RECOVERY.settled(batch, case, back, due, tail, before)
  if due > 0 then
    return verb, due
  end
end

-- Arguments per payment: id, outcome, amount ("" = not told), bank's reference, event tail, first word
-- of the SMS payload ("" none). One function for the bank's immediate answer, its callback, a query and
-- a statement line: ranks only rise. Answers per payment: "ok", "same" (known already, or older news),
-- "none" (no such payment), "amount" and "conflict" (contradicts what we hold: nothing is changed, a
-- person must look).
local OUTCOME_ARGS = 6

local function outcome(keys, args)
  local P = keys[1]
  local batch = batch_new(P)
  local answers, writes, drop, seen, cases, now = {}, {}, {}, {}, {}, int(now_ms())
  if #args == 0 or #args % OUTCOME_ARGS ~= 0 or #args > 64 * OUTCOME_ARGS then
    error({ err = 'bad-input outcome' })
  end
  batch_check(batch)
  expect('zset', queue_key(P, 'pay', 'delayed'), queue_key(P, 'pay', 'dead')) -- what jobs_drop touches besides
  expect('hash', queue_key(P, 'pay', 'why'))
  for at = 1, #args, OUTCOME_ARGS do
    local id, to, told = args[at], args[at + 1], args[at + 2]
    local no, field = payment_place(id)
    local pay = seen[id]
    if no and not pay then
      local read = to == 'SUCCEEDED' and case_read_paid or case_read
      local case, text = read(P, no, field)
      pay = text and payment_parse(id, text)
      seen[id] = pay
      cases[no] = cases[no] or case
    end
    if not RANK[to] then
      error({ err = 'bad-input outcome word' })
    elseif not pay then
      push(answers, 'none')
    elseif pay.method ~= 'b' and to ~= 'FAILED' then
      push(answers, 'conflict') -- no bank has moved what an officer hands over
    elseif told ~= '' and tonumber(told) ~= pay.m then
      push(answers, 'amount')
    elseif RANK[to] == 3 and RANK[pay.s] == 3 and to ~= pay.s then
      push(answers, 'conflict')
    elseif pay.s == 'FAILED' and to == 'RETURNED' then
      push(answers, 'same')
    elseif RANK[to] <= RANK[pay.s] then
      push(answers, 'same')
    else
      push(answers, 'ok')
      if args[at + 3] ~= '' then
        pay.b = args[at + 3]
      end
      if RANK[to] >= 3 then
        local case = batch.cases[no] or cases[no]
        local news, about = settle(batch, case, pay, to, args[at + 4])
        pay.s = to
        case_set(case, field, payment_text(pay))
        push(drop, id)
        if news and args[at + 5] ~= '' then
          job_add(batch, 'notify', no .. ':' .. int(case.v), now, args[at + 5] .. '|' .. news .. '|' ..
            int(about or pay.m))
        end
      else
        pay.s = to
        push(writes, case_key(P, no), field, payment_text(pay))
      end
    end
  end
  for i = 1, #writes, 3 do -- before the batch: a final state of the same payment comes behind it
    redis.call('HSET', writes[i], writes[i + 1], writes[i + 2])
  end
  batch_write(batch)
  jobs_drop(P, 'pay', drop)
  return answers
end

redis.register_function{ function_name = 'jiuji_outcome', callback = outcome, flags = { 'allow-oom' } }
