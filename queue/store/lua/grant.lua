-- Relief beyond first aid (审核审批): assessed by one, approved by another at the right tier, paid by a
-- third, at once or in instalments under one approval.
--
-- A case has one grant at a time, field g:
--   "status|fen|instalments|paid|fund|year|cause|tier|how|proposer|approver|due ms,due ms…|signers"
-- status PROPOSED, APPROVED (all of it is held), STOPPED (what was not paid has been given back), DONE,
-- REJECTED. tier: township < county < conference. how: "b" bank, "c" cash, "g" goods,
-- "s" service. signers: who has signed it between proposer and approver: "t:" (township) or "c:" (county) and the
-- actor, with commas; what is assessed anew, or decided by a conference, starts without.
local GRANT = { TIERS = { township = 1, county = 2, conference = 3 },
  AT = { REVIEWING = 1, COUNTY_APPROVAL = 2, CASE_CONFERENCE = 3 }, INSTALMENTS_MAX = 36 }

function GRANT.parse(text)
  local s, fen, n, done, fund, year, cause, tier, how, proposer, approver, dues, signers = string.match(text,
    '^(%u+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|([%w_]+)|(%a+)|([bcgs])|([^|]*)|([^|]*)|([%d,]*)|?([^|]*)$')
  if not s then
    return nil
  end
  return { s = s, fen = tonumber(fen), n = tonumber(n), done = tonumber(done), fund = fund, year = year,
    cause = cause, tier = tier, how = how, proposer = proposer, approver = approver, dues = dues,
    signers = signers }
end

function GRANT.set(case, g)
  case_set(case, 'g', g.s .. '|' .. int(g.fen) .. '|' .. int(g.n) .. '|' .. int(g.done) .. '|' .. g.fund .. '|' ..
    g.year .. '|' .. g.cause .. '|' .. g.tier .. '|' .. g.how .. '|' .. g.proposer .. '|' .. g.approver .. '|' ..
    g.dues .. '|' .. g.signers)
end

-- How many have signed at that level ("t", "c"), and whether who has proposed it or is a signer, at any level.
function GRANT.signed(g, level, who)
  local n, already = 0, same_person(g.proposer, who)
  for at, signer in string.gmatch(g.signers, '(%l):([^,]+)') do
    n = n + (at == level and 1 or 0)
    already = already or same_person(signer, who)
  end
  return n, already
end

-- Instalment i of n: equal shares, what does not divide evenly goes to the first (as money_share() does).
function GRANT.share(g, i)
  local each = math.floor(g.fen / g.n)
  return i == 1 and g.fen - each * (g.n - 1) or each
end

-- Payments of an earlier grant of the case are marked when the next one is approved: in `day`, which a grant has
-- no other use for. What comes back of them later does not touch the grant in force.
GRANT.EARLIER = '1'

-- What of the grant has not arrived: by the payments themselves, for any of them may come back.
function GRANT.rest(batch, case, g)
  local rest = g.fen
  for _, m in ipairs(payments_of(batch.P, case)) do
    if m.pay.grant and m.pay.day ~= GRANT.EARLIER and m.pay.s == 'SUCCEEDED' then
      rest = rest - m.pay.m
    end
  end
  return rest
end

-- What is paid next: its share, at last all that is left.
function GRANT.next(batch, case, g)
  return g.done + 1 >= g.n and GRANT.rest(batch, case, g) or GRANT.share(g, g.done + 1)
end

-- ---- From the review to the approval ----

VERBS['review'] = { claim = true, decides = true,
  plan = function(batch, case, _, who, _, say)
    say()
    case_set(case, 'hd', who)
    push(batch.untimers, 'accept:' .. case.no)
  end }

-- extra: amount, tier that must approve, instalments, fund, year, cause, how
VERBS['assess'] = { extras = 7, claim = true, decides = true,
  plan = function(batch, case, x, who, _, say)
    local entry = GRANT.stop(batch, case) -- of one that is approved and came back: what is assessed anew replaces it
    local g = { s = 'PROPOSED', fen = ACT.fen(x, 1), tier = x[2],
      n = whole(x[3], 1, GRANT.INSTALMENTS_MAX, 'instalments'),
      done = 0, fund = ACT.code(x[4], 'fund'), year = int(whole(x[5], 1970, 9999, 'year')), cause = x[6], how = x[7],
      proposer = who, approver = '', dues = '', signers = '' }
    if not GRANT.TIERS[g.tier] or not string.match(g.cause, '^[%w_]+$') or not string.match(g.how, '^[bcgs]$') then
      error({ err = 'bad-input grant' })
    end
    say(',"amount_fen":' .. int(g.fen) .. ',"tier":"' .. g.tier .. '","instalments":' .. int(g.n), entry)
    case_set(case, 'hd', who)
    case_set(case, 'cf', '')
    GRANT.set(case, g)
  end }

-- extra: until ms. {r}:publicity is a sorted set: until ms, case: what the public list shows, until then.
VERBS['publish'] = { extras = 1, claim = true, decides = true,
  check = function(case)
    return not string.match(case.g, '^PROPOSED') and 'not-assessed' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    local till = int(whole(x[1], 1, EXACT_MAX, 'until_ms'))
    say(',"until_ms":' .. till)
    case_set(case, 'pb', 'OPEN:' .. till)
    later(batch, 'zset', 'ZADD', batch.P .. ':publicity', till, case.no)
    push(batch.timers, till, 'takedown:' .. case.no)
  end }

function GRANT.unpublish(batch, case, word)
  if case.pb ~= '' then
    case_set(case, 'pb', word .. ':' .. (string.match(case.pb, ':(%d+)$') or '0'))
    later(batch, 'zset', 'ZREM', batch.P .. ':publicity', case.no)
    push(batch.untimers, 'takedown:' .. case.no)
  end
end

-- extra: desk of the county, inbox score
function GRANT.send_up(batch, case, x, _, _, say)
  say()
  LIFE.to_desk(batch, case, x, 1)
end

function GRANT.assessed(case)
  return not string.match(case.g, '^PROPOSED') and 'not-assessed' or nil
end

-- One more person of the chain (经办人, 科室负责人, 分管领导 …) has read the proposal and signs it.
VERBS['sign'] = { decides = true, apart = { 'hd' },
  check = function(case, _, who)
    local g = GRANT.parse(case.g)
    if not g or g.s ~= 'PROPOSED' then
      return 'not-assessed'
    end
    local _, already = GRANT.signed(g, '', who)
    return already and 'same-person' or nil
  end,
  plan = function(_, case, _, who, _, say)
    local g = GRANT.parse(case.g)
    local level = case.s == 'COUNTY_APPROVAL' and 'c' or 't'
    if string.find(who, '[,|]') then
      error({ err = 'bad-input actor' })
    end
    g.signers = (g.signers ~= '' and g.signers .. ',' or '') .. level .. ':' .. who
    say(',"amount_fen":' .. int(g.fen) .. ',"tier":"' .. g.tier .. '","signatures":' .. int(GRANT.signed(g, level, '')))
    GRANT.set(case, g)
  end }

-- extra: desk of the county, inbox score, how many of the township must have signed behind the proposer
VERBS['propose'] = { stops = { 'review' }, extras = 3, claim = true, decides = true,
  check = function(case, x)
    local refused = GRANT.assessed(case)
    if not refused and GRANT.signed(GRANT.parse(case.g), 't', '') < whole(x[3], 0, 9, 'signatures') then
      return 'signatures'
    end
    return refused
  end,
  plan = GRANT.send_up }
VERBS['convene'] = { extras = 2, decides = true, check = GRANT.assessed, plan = GRANT.send_up }

-- extra: participants, least number of them, votes for, votes against, amount they agree on
VERBS['minutes'] = { extras = 5, decides = true,
  check = function(case, x)
    local n, least = whole(x[1], 0, 99, 'participants'), whole(x[2], 1, 99, 'least participants')
    local yes, no = whole(x[3], 0, 99, 'votes'), whole(x[4], 0, 99, 'votes')
    if n < least or yes + no > n then
      return 'participants'
    end
    return GRANT.assessed(case)
  end,
  plan = function(_, case, x, _, _, say)
    local g = GRANT.parse(case.g)
    g.fen, g.tier, g.signers = ACT.fen(x, 5), 'conference', ''
    say(',"participants":' .. int(tonumber(x[1])) .. ',"votes_for":' .. int(tonumber(x[3])) .. ',"votes_against":' ..
      int(tonumber(x[4])) .. ',"amount_fen":' .. int(g.fen))
    case_set(case, 'cf', tonumber(x[3]) > tonumber(x[4]) and 'CARRIED' or 'LOST')
    GRANT.set(case, g)
  end }

-- What the year's sums leave, by who approves: the county may allow a repeated cause, only a conference more
-- than the year's sum; a case counts once, whatever is paid for it.
function GRANT.cap(person, g, case, x)
  local caps = { fen = whole(x[1], 0, EXACT_MAX, 'cap'), times = whole(x[2], 0, EXACT_MAX, 'cap'),
    cause = whole(x[3], 0, EXACT_MAX, 'cap') }
  if GRANT.AT[case.s] < 3 and person.paid + g.fen > caps.fen then
    return 'cap:year:' .. int(math.max(0, caps.fen - person.paid))
  end
  if GRANT.AT[case.s] == 1 and ACT.number(case.a) == 0 then
    if person.times + 1 > caps.times then
      return 'cap:times:0'
    end
    if (person.causes[g.cause] or 0) + 1 > caps.cause then
      return 'cap:same-cause:0'
    end
  end
  return nil
end

-- extra: caps of the year: sum, times, same cause; "1" if it must have been published; due ms of the
-- second instalment and those behind it, with commas; desk whose payer pays it, inbox score; how many must have
-- signed between proposer and approver when the township approves, and when the county does (a conference has its
-- minutes)
VERBS['approve'] = { stops = { 'review', 'county' }, extras = 9, decides = true, apart = { 'hd' },
  check = function(case, x, who, _, batch)
    local g = GRANT.parse(case.g)
    if not g or g.s ~= 'PROPOSED' then
      return 'not-assessed'
    end
    local level = GRANT.AT[case.s] == 1 and 't' or 'c'
    local signatures, already = GRANT.signed(g, level, who)
    local least = whole(x[level == 't' and 8 or 9], 0, 9, 'signatures')
    if already then
      return 'same-person'
    end
    if GRANT.TIERS[g.tier] > GRANT.AT[case.s] then
      return 'tier'
    end
    if case.s == 'CASE_CONFERENCE' and case.cf ~= 'CARRIED' then
      return 'not-carried'
    end
    if case.s ~= 'CASE_CONFERENCE' and signatures < least then
      return 'signatures'
    end
    if x[4] == '1' and not string.match(case.pb, '^DONE') then
      return 'not-published'
    end
    local _, dues = string.gsub(x[5], '%d+', '')
    if dues ~= g.n - 1 or not string.match(x[5], '^[%d,]*$') then
      error({ err = 'bad-input dues' })
    end
    local fund = fund_of(batch, g.fund)
    if fund.available < g.fen then
      return 'funds:available:' .. int(fund.available)
    end
    return GRANT.cap(person_of(batch, case.h, g.year), g, case, x)
  end,
  plan = function(batch, case, x, who, _, say)
    local g = GRANT.parse(case.g)
    local person, first = person_of(batch, case.h, g.year), ACT.number(case.a) == 0
    local entry = fund_post(fund_of(batch, g.fund), 'available', 'held', g.fen)
    say(',"amount_fen":' .. int(g.fen) .. ',"tier":"' .. g.tier .. '","instalments":' .. int(g.n), entry)
    person_count(person, nil, g.fen, first and 1 or 0, 0, g.cause, first and 1 or 0)
    for _, m in ipairs(payments_of(batch.P, case)) do
      if m.pay.grant and m.pay.day ~= GRANT.EARLIER then
        m.pay.day = GRANT.EARLIER
        case_set(case, m.field, payment_text(m.pay))
      end
    end
    g.s, g.approver, g.dues, g.year = 'APPROVED', who, x[5], person.year
    case_set(case, 'a', int(ACT.number(case.a) + g.fen))
    person_note(batch, case, g.cause)
    GRANT.set(case, g)
    LIFE.to_desk(batch, case, x, 6)
  end }

-- A refusal of a case for which money was paid would hide it: that is concluded, or recovered.
VERBS['reject'] = { stops = { 'review', 'county' }, decides = true, check = LIFE.unpaid,
  plan = function(batch, case, _, _, _, say)
    local g = GRANT.parse(case.g)
    say()
    if g then
      g.s = 'REJECTED'
      GRANT.set(case, g)
    end
    LIFE.to_township(batch, case)
  end }

VERBS['conclude'] = { stops = { 'review', 'county' }, decides = true,
  check = function(case)
    return (ACT.number(case.pu) > 0 or ACT.number(case.a) == 0) and 'not-reviewed' or nil
  end,
  plan = function(batch, case, _, _, _, say)
    local entry = GRANT.stop(batch, case) -- nothing stays held for a case that goes to its end
    local g = GRANT.parse(case.g)
    say(nil, entry)
    if g and g.s == 'PROPOSED' then
      g.s = 'REJECTED'
      GRANT.set(case, g)
    end
    LIFE.to_township(batch, case)
  end }

-- ---- Paying ----

function GRANT.pay(batch, case, g, score)
  payment_add(batch, case, { m = GRANT.next(batch, case, g), u = g.fund, year = g.year, cause = g.cause, small = '0',
    day = '', month = '', how = 'g' .. g.how .. 'c' }, score)
end

-- extra: score of the job. Who pays has neither handled, proposed, signed nor approved it.
VERBS['pay'] = { extras = 1, decides = true, apart = { 'hd' },
  check = function(case, x, who)
    local g = GRANT.parse(case.g)
    score_check(x[1])
    if not g or g.s ~= 'APPROVED' then
      return 'not-approved'
    end
    local _, already = GRANT.signed(g, '', who)
    return (already or same_person(g.approver, who)) and 'same-person' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    local g = GRANT.parse(case.g)
    say(',"payment":"' .. payment_next_id(case) .. '","amount_fen":' .. int(GRANT.next(batch, case, g)))
    GRANT.pay(batch, case, g, x[1])
  end }

-- The n-th due time of "ms,ms,…".
function GRANT.due(g, i)
  return split(g.dues, ',')[i]
end

function GRANT_NEWS.paid(batch, case, pay, _, tail)
  local g = GRANT.parse(case.g)
  local entry = fund_post(fund_of(batch, pay.u), 'held', 'confirmed', pay.m)
  g.done = g.done + 1
  local verb = g.done < g.n and 'paid-part' or 'paid'
  case_event(batch, case, verb, move(verb, case.s) or case.s, tail .. ',"instalment":' .. int(g.done), entry)
  if g.done < g.n then
    push(batch.timers, GRANT.due(g, g.done), 'instalment:' .. case.no)
  else
    g.s = 'DONE'
    LIFE.to_township(batch, case, case.ib ~= '' and case.ib or '0')
  end
  GRANT.set(case, g)
  return 'paid'
end

-- A payment that came back and is not paid anew under the same approval leaves the grant: what is left of it is for the
-- others.
function GRANT.without(g, fen)
  if g.s == 'APPROVED' then
    g.fen, g.n, g.done = g.fen - fen, math.max(1, g.n - 1), math.max(0, g.done - 1)
  elseif g.s == 'DONE' then
    g.s = 'STOPPED'
  end
end

-- The approval stands: what did not arrive is held again and waits for the right account. Of a grant that
-- was stopped, of an earlier one and of money that a review has found wrong it goes back to the fund.
function GRANT_NEWS.failed(batch, case, pay, outcome, tail)
  local g, fund, mine = GRANT.parse(case.g), fund_of(batch, pay.u), pay.day ~= GRANT.EARLIER
  local back = pay.s == 'SUCCEEDED' and RECOVERY.returned(batch, case, pay) or nil
  local due, entries = pay.m - (back and back.wrong or 0), back and back.entries or {}
  local stands = mine and not (back and (back.wrong > 0 or back.open)) and (g.s == 'APPROVED' or g.s == 'DONE')
  if pay.s == 'SUCCEEDED' and due > 0 then
    push(entries, fund_post(fund, 'confirmed', 'returned', due))
    push(entries, fund_post(fund, 'returned', stands and 'held' or 'available', due))
  elseif pay.s ~= 'SUCCEEDED' and not stands then
    push(entries, fund_post(fund, 'held', 'available', pay.m))
  end
  if not stands then
    GRANT.uncount(batch, case, g, pay.m)
    if mine and pay.s == 'SUCCEEDED' then
      GRANT.without(g, pay.m)
    end
  elseif pay.s == 'SUCCEEDED' then
    g.done, g.s = g.done - 1, 'APPROVED'
  end
  local verb, before = outcome == 'FAILED' and 'pay-failed' or 'pay-returned', case.s
  local open = others_of(batch, case, pay)
  case_event(batch, case, verb, due > 0 and not open and move(verb, case.s) or case.s,
    tail .. (back and back.more or ''), entries[1] and table.concat(entries, ',') or nil)
  GRANT.set(case, g)
  if due > 0 then
    push(batch.untimers, 'instalment:' .. case.no)
  end
  RECOVERY.settled(batch, case, back, due, tail, before)
  if due > 0 then
    return verb, due
  end
end

function GRANT.uncount(batch, case, g, fen)
  local person = person_of(batch, case.h, g.year)
  local left = math.max(0, ACT.number(case.a) - fen)
  local all = left == 0 and -1 or 0
  person_count(person, g.year, -fen, all, 0, g.cause, all)
  case_set(case, 'a', int(left))
  person_note(batch, case, g.cause)
end

-- Give back what was approved and not yet paid. Answers the posting, if there is one.
function GRANT.stop(batch, case)
  local g = GRANT.parse(case.g)
  push(batch.untimers, 'instalment:' .. case.no)
  if not g or g.s ~= 'APPROVED' then
    return nil
  end
  local rest = GRANT.rest(batch, case, g)
  local entry = fund_post(fund_of(batch, g.fund), 'held', 'available', rest)
  GRANT.uncount(batch, case, g, rest)
  g.s = 'STOPPED'
  GRANT.set(case, g)
  return entry
end

-- What came back while the case was under review or had another payment on its way may be held still: it does not stay
-- so behind the end.
VERBS['close'].plan = function(batch, case, _, _, _, say)
  say(nil, GRANT.stop(batch, case))
  LIFE.leave(batch, case)
end

-- The household reports that things have changed: what is not paid yet waits for a new assessment.
VERBS['change'] = {
  plan = function(batch, case, _, _, _, say)
    local entry = GRANT.stop(batch, case)
    say(nil, entry)
    LIFE.to_township(batch, case)
  end }

-- Somebody objects to what is published: it holds what is not paid yet, and only that.
VERBS['object'] = {
  plan = function(batch, case, _, _, _, say)
    local entry = GRANT.stop(batch, case)
    say(nil, entry)
    GRANT.unpublish(batch, case, 'OBJECTED')
    LIFE.to_township(batch, case)
  end }
