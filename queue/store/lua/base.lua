-- The store's function library: every atomic change of state, and nothing else. The rules are C; these
-- functions hold what must be true whatever C says: versions, leases, claims, legal moves, balances,
-- caps, uniqueness.
--
-- Each function gets KEYS[1] = the region's hash tag, "{520000}"; every key of the region starts with
-- it, so that one call touches one slot. A function first reads and checks everything and then writes;
-- no write may be able to fail after the first one. Refusals are values ("stale", "cap" ...), errors
-- are for programmer errors and damaged data. Money is decimal text of integer fen below 10^12, so that
-- a Lua number keeps it exactly.
--
-- The files of this folder are joined in the order of CMakeLists.txt, behind the table MOVES made from
-- the C table.

local AMOUNT_MAX = 1000000000000
local EXACT_MAX = 9007199254740991 -- 2^53 - 1: what a Lua number keeps exactly

local function int(n) -- without exponent or fraction, which `..` could make
  return string.format('%.0f', n)
end

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

-- A key of another type than expected is damage: stop before anything is written.
local function expect(kind, ...)
  for _, key in ipairs({ ... }) do
    local is = redis.call('TYPE', key).ok
    if is ~= 'none' and is ~= kind then
      error({ err = 'corrupt key ' .. key .. ' is a ' .. is })
    end
  end
end

-- A whole number in min..max. tonumber alone takes "nan", "inf", "0x10" and "1e3" as well, and what
-- ZADD does not take must be found before anything is written.
local function whole(text, min, max, what)
  local n = type(text) == 'string' and string.match(text, '^%-?%d+$') and tonumber(text)
  if not n or n < min or n > max then
    error({ err = 'bad-input ' .. what })
  end
  return n
end

local function amount(text)
  return whole(text, 1, AMOUNT_MAX, 'amount')
end

-- A score is a number made here or decimal text from C.
local function score_check(score)
  if type(score) ~= 'number' then
    whole(score, -EXACT_MAX, EXACT_MAX, 'score')
  end
end

local function args_check(args, least, most)
  if #args < least or #args > most then
    error({ err = 'bad-input number of arguments' })
  end
end

local function split(text, sep)
  local parts = {}
  for part in string.gmatch(text .. sep, '(.-)' .. sep) do
    parts[#parts + 1] = part
  end
  return parts
end

-- Two roles of one person are one person: "reviewer:li" and "finance:li".
local function same_person(a, b)
  return a ~= '' and (string.match(a, ':(.+)$') or a) == (string.match(b, ':(.+)$') or b)
end

-- unpack() has a limit of some thousand values; every caller is bounded far below by its batch.
local function call(command, key, list)
  if #list > 0 then
    redis.call(command, key, unpack(list))
  end
end

-- One to six values behind the list. Written out: this runs some fifty times per case.
local function push(list, a, b, c, d, e, f)
  local n = #list
  list[n + 1] = a
  if b ~= nil then list[n + 2] = b end
  if c ~= nil then list[n + 3] = c end
  if d ~= nil then list[n + 4] = d end
  if e ~= nil then list[n + 5] = e end
  if f ~= nil then list[n + 6] = f end
end

-- ---- Cases and events ----

local function case_key(P, no)
  return P .. ':case:' .. no
end

-- What functions check of a case; nil if there is none. s state, v version, t township, o whose inbox
-- it is in, h person, u urgency, ev ids of its events, cl claim "token:until:actor", mk maker, hd
-- handler, rv review "STATE:due", pn number of payments, pu fen paid and not yet reviewed, a fen
-- approved, ib inbox score, ca attempts to reach the citizen, q the cascade "second inbox it is offered
-- to|accept limit ms|codes still to try", rn times returned, g the grant (grant.lua), rc what is to come
-- back (review.lua), cf the conference, pb the publicity (grant.lua), ho cash or goods on their way
-- (hand.lua), rd times redone, rl actors that stand back ",officer:a,officer:b,", rf referrals
-- (refer.lua). Behind them m1, m2 … its payments (money.lua), f facts, p sealed personal data, k the key
-- of p, rt routing, d decision: C's business.
local CASE_FIELDS = { 's', 'v', 't', 'o', 'h', 'u', 'ev', 'cl', 'mk', 'hd', 'rv', 'pn', 'pu', 'a', 'ib', 'ca', 'q',
  'rn', 'g', 'rc', 'cf', 'pb', 'ho', 'rd', 'rl', 'rf' }

local function case_blank(no)
  local case = { no = no, set = {} }
  for _, name in ipairs(CASE_FIELDS) do
    case[name] = ''
  end
  return case
end

local function case_read(P, no, payment) -- payment: a field m1, m2 … to answer as well
  local n = #CASE_FIELDS
  CASE_FIELDS[n + 1] = payment
  local row = redis.call('HMGET', case_key(P, no), unpack(CASE_FIELDS))
  CASE_FIELDS[n + 1] = nil
  if not row[1] then
    return nil
  end
  local case = { no = no, set = {} }
  for i = 1, n do
    case[CASE_FIELDS[i]] = row[i] or ''
  end
  case.v = tonumber(case.v)
  return case, payment and row[n + 1]
end

-- The same of a case that nobody has worked on yet: the route stage is called for every case, and each
-- field read costs. Whatever else it finds in a state past RECEIVED does not matter: there it may not
-- decide.
local function case_read_new(P, no)
  local row = redis.call('HMGET', case_key(P, no), 's', 'v', 'h', 'ev', 'o')
  if not row[1] then
    return nil
  end
  local case = case_blank(no)
  case.s, case.v, case.h, case.ev, case.o = row[1], tonumber(row[2]), row[3] or '', row[4] or '', row[5] or ''
  return case
end

-- The little that news of a payment that came through needs of its case. case_complete reads the rest
-- when the same batch brings worse news.
local function case_read_paid(P, no, payment)
  local row = redis.call('HMGET', case_key(P, no), 's', 'v', 'ev', 'pu', payment)
  if not row[1] then
    return nil
  end
  return { no = no, set = {}, brief = true, s = row[1], v = tonumber(row[2]), ev = row[3] or '',
      pu = row[4] or '' }, row[5]
end

local function case_complete(P, case)
  if case.brief then
    case.brief = nil
    for name, value in pairs(case_read(P, case.no)) do
      if case[name] == nil then
        case[name] = value
      end
    end
  end
end

-- Changes are collected in the case and written by case_write.
local function case_set(case, name, value)
  case[name] = value
  case.set[name] = value
end

-- The state that verb leads to; nil when it is not legal.
local function move(verb, from)
  local row = MOVES[verb]
  return row and row[from]
end

-- One event of a case: `tail` is the JSON fragment with time, actor, reason and policy that C has
-- written.
local function case_event(batch, case, verb, to, tail, postings)
  case.v = case.v + 1
  local json = '{"seq":' .. int(case.v) .. ',"verb":"' .. verb .. '","from":"' .. case.s .. '","to":"' .. to ..
      '",' .. tail
  if postings then
    json = json .. ',"postings":[' .. postings .. ']'
  end
  push(batch.events, case.no, json .. '}')
  case.told = #batch.events
  if to ~= case.s then
    case_set(case, 's', to)
  end
  if not batch.cases[case.no] then
    batch.cases[case.no] = case
    push(batch.order, case)
  end
end

local function posting(fund, from, to, fen)
  return '{"fund":"' .. fund .. '","from":"' .. from .. '","to":"' .. to .. '","amount_fen":' .. int(fen) .. '}'
end

local function batch_new(P)
  return { P = P, events = {}, cases = {}, order = {}, funds = {}, persons = {}, rows = {}, houses = {}, jobs = {},
      timers = {},
      untimers = {}, counts = {}, index = {}, later = {} }
end

-- The time of the call: the clock is asked once.
local function batch_now(batch)
  batch.now = batch.now or now_ms()
  return batch.now
end

-- A case may come twice in one batch: the second time sees what the first one planned.
local function batch_case(batch, no)
  return batch.cases[no] or case_read(batch.P, no)
end

-- ---- Funds and persons, read once per batch ----

-- A fund is a hash: its accounts (LEDGER.FIELDS, made from queue/domain/ledger.h); day and month, what standing orders
-- have spent; overdue and overdue_n, the review debt past its date (debt_add); low, the mark below which money is asked
-- for, "" while that is open, top, what it holds when full, and lowp (ledger.lua); lender; cash_stop and cash_gap.

-- The balances that payments move; the others are read when they are needed (fund_balance).
local function fund_of(batch, code)
  local fund = batch.funds[code]
  if not fund then
    local key = batch.P .. ':fund:' .. code
    local row = redis.call('HMGET', key, 'day', 'month', 'available', 'held', 'unreviewed', 'low', 'td')
    fund = { code = code, key = key, set = {}, day = row[1] or '', month = row[2] or '',
        available = tonumber(row[3] or '0'),
      held = tonumber(row[4] or '0'), unreviewed = tonumber(row[5] or '0'), low = tonumber(row[6] or ''),
      td = row[7] or '' }
    batch.funds[code] = fund
  end
  return fund
end

local function fund_balance(fund, name)
  if not fund[name] then
    fund[name] = tonumber(redis.call('HGET', fund.key, name) or '0')
  end
  return fund[name]
end

-- Debit and credit in one step; the caller has checked that nothing becomes negative.
local function fund_post(fund, from, to, fen)
  fund[from] = fund_balance(fund, from) + (LEDGER.SOURCE[from] and fen or -fen)
  fund[to] = fund_balance(fund, to) + (LEDGER.SOURCE[to] and -fen or fen)
  assert(fen > 0 and fund[from] >= 0 and fund[to] >= 0, 'balance')
  fund.set[from], fund.set[to] = true, true
  fund.dirty = true
  return posting(fund.code, from, to, fen)
end

-- What a standing order has spent here: "20261121:33120000" for the day, "202611:…" for the month.
local function spent_in(text, period)
  local key, fen = string.match(text, '^(%d+):(%d+)$')
  return key == period and tonumber(fen) or 0
end

-- Add to such a text. What comes late, from a period before the one that stands there, counts into that
-- one: it must not wipe what has been spent since.
local function spend(text, period, fen)
  local key, spent = string.match(text, '^(%d+):(%d+)$')
  if key and key > period then
    return key .. ':' .. int(tonumber(spent) + fen)
  end
  return period .. ':' .. int(spent_in(text, period) + fen)
end

-- History of a person or household in one calendar year: "2026|paid_fen|times|small_fast|fire=1,flood=1". A
-- later year than the one asked for stays: what was decided before New Year and comes after it counts into the
-- new year and does not wipe it.
local function figures_of(key, text, year)
  local is, paid, times, small, causes
  if text and text ~= '' then
    is, paid, times, small, causes = string.match(text, '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
    if not is then
      error({ err = 'corrupt figures of a person' })
    end
  end
  if not is or is < year then
    return { key = key, year = year, paid = 0, times = 0, small = 0, causes = {} }
  end
  local figures = { key = key, year = is, paid = tonumber(paid), times = tonumber(times), small = tonumber(small),
    causes = {} }
  for cause, n in string.gmatch(causes, '([%w_]+)=(%d+)') do
    figures.causes[cause] = tonumber(n)
  end
  return figures
end

-- The person's record: y the year's figures, hh his household (people.lua), op his cases of late (links.lua), rl
-- "1" when he is on the relatives register, hx the household he has left, and one field c:<no> per case, "at
-- ms|fen|cause|township" once something was approved, which "erase a person" and "my cases" go by.
local function person_row(batch, hash)
  local row = batch.rows[hash]
  if not row then
    local key = batch.P .. ':person:' .. hash
    local got = redis.call('HMGET', key, 'y', 'hh', 'op')
    row = { key = key, y = got[1], hh = got[2] or '', op = got[3] or '' }
    if row.hh ~= '' then
      row.house = batch.houses[row.hh]
      if not row.house then
        local house = batch.P .. ':household:' .. row.hh
        got = redis.call('HMGET', house, 'y', 'op')
        row.house = { key = house, y = got[1], op = got[2] or '' }
        batch.houses[row.hh] = row.house
      end
    end
    batch.rows[hash] = row
  end
  return row
end

-- What counts for the caps: the household's figures, or the person's when there is none. own: the person's
-- beside them.
local function person_of(batch, hash, year)
  local row = person_row(batch, hash)
  local person = batch.persons[row.key]
  if not person or person.year < year then
    person = figures_of(row.key, not person and row.y or nil, year)
    batch.persons[row.key] = person
  end
  if not row.house then
    return person
  end
  local house = batch.persons[row.house.key]
  if not house or house.year < year then
    house = figures_of(row.house.key, not house and row.house.y or nil, year)
    batch.persons[row.house.key] = house
  end
  house.own = person -- of the case that is being looked at
  return house
end

-- Count (or, with negative numbers, give back) in the figures and in the person's own beside the household's.
-- year: only where the figures are of that year; nil = whichever they are of.
local function person_count(person, year, fen, times, small, cause, same)
  for _, p in ipairs({ person, person.own }) do
    if not year or p.year == year then
      p.paid, p.times, p.small = math.max(0, p.paid + fen), math.max(0, p.times + times), math.max(0, p.small + small)
      p.causes[cause] = math.max(0, (p.causes[cause] or 0) + same)
      p.dirty = true
    end
  end
end

-- The record of what was approved for the case so far: caps that are reached can be explained by it.
local function person_note(batch, case, cause)
  local key = person_row(batch, case.h).key
  local list = batch.index[key] or {}
  push(list, 'c:' .. case.no, int(batch.now or now_ms()) .. '|' .. (case.a == '' and '0' or case.a) .. '|' .. cause ..
    '|' .. case.t)
  batch.index[key] = list
end

local function person_text(person)
  local causes = {}
  for cause, n in pairs(person.causes) do
    push(causes, cause .. '=' .. int(n))
  end
  if causes[2] then
    table.sort(causes)
  end
  return person.year .. '|' .. int(person.paid) .. '|' .. int(person.times) .. '|' .. int(person.small) .. '|' ..
    table.concat(causes, ',')
end

-- ---- Jobs ----

local function queue_key(P, stage, part)
  return P .. ':q:' .. stage .. ':' .. part
end

-- A job made by this batch. score: what is smaller is leased first.
local function job_add(batch, stage, id, score, payload)
  local list = batch.jobs[stage] or { ready = {}, jobs = {} }
  push(list.ready, score, id)
  if payload ~= '' then -- no record means: not delivered yet, no payload
    push(list.jobs, id, '0:0:' .. payload)
  end
  batch.jobs[stage] = list
end

local STAGES = { route = true, pay = true, notify = true, sms = true, hook = true, register = true }
local BATCH_STAGES = { 'route', 'pay', 'notify' } -- that a batch makes jobs for

-- Take jobs off a stage for good, whatever part they are in.
local function jobs_drop(P, stage, ids)
  for _, part in ipairs({ 'ready', 'leased', 'delayed', 'dead' }) do
    call('ZREM', queue_key(P, stage, part), ids)
  end
  call('HDEL', queue_key(P, stage, 'jobs'), ids)
  call('HDEL', queue_key(P, stage, 'why'), ids)
end

-- The number that the next fence_take makes: read and checked now, so that taking it cannot fail.
local function fence_next(P)
  return int(whole(redis.call('GET', P .. ':fence') or '0', 0, EXACT_MAX - 1, 'fence') + 1)
end

local function fence_take(P)
  redis.call('INCR', P .. ':fence')
end

local function inbox_key(P, code)
  return P .. ':township:' .. code .. ':inbox'
end

local function held_key(P, code)
  return P .. ':township:' .. code .. ':held'
end

-- How many wait there; reading it shows its type as well. What this batch adds is counted in.
local function inbox_count(batch, code)
  local n = batch.counts[code]
  if not n then
    n = redis.call('ZCARD', inbox_key(batch.P, code))
    batch.counts[code] = n
  end
  return n
end

-- A command to be run with the batch. kind: the type its key must have, checked now, so that it cannot
-- fail then.
local function later(batch, kind, command, key, ...)
  expect(kind, key)
  push(batch.later, { command, key, ... })
end

-- Put the case into the inbox of `owner` (out of where it was). Its last event says who has it now.
local function inbox_move(batch, case, owner, score)
  if not owner then
    error({ err = 'bad-input inbox' })
  end
  batch.inbox = batch.inbox or {}
  if owner ~= '' then
    inbox_count(batch, owner)
  end
  if case.o ~= '' then
    expect('zset', inbox_key(batch.P, case.o), held_key(batch.P, case.o))
  end
  push(batch.inbox, { from = case.o, to = owner, no = case.no, score = score })
  if owner ~= '' then
    batch.counts[owner] = batch.counts[owner] + 1
  end
  if owner ~= case.o and case.told then
    batch.events[case.told] = string.sub(batch.events[case.told], 1, -2) .. ',"held_by":"' .. owner .. '"}'
  end
  case_set(case, 'o', owner)
  case_set(case, 'ib', score)
end

local function batch_check(batch)
  expect('stream', batch.P .. ':events')
  for _, stage in ipairs(BATCH_STAGES) do
    expect('zset', queue_key(batch.P, stage, 'ready'), queue_key(batch.P, stage, 'leased'))
    expect('hash', queue_key(batch.P, stage, 'jobs'))
  end
  expect('zset', batch.P .. ':timers')
end

local function scores_check(list)
  for i = 1, #list, 2 do
    score_check(list[i])
  end
end

-- The last look before the first write: ZADD takes numbers only.
local function batch_verify(batch)
  for _, list in pairs(batch.jobs) do
    scores_check(list.ready)
  end
  scores_check(batch.timers)
  for _, m in ipairs(batch.inbox or {}) do
    score_check(m.score)
  end
end

-- ---- The cascade: who is asked when the township of the place cannot ----

-- Is an officer signed in there? {r}:duty has a field per township: "officer:o1=until ms,officer:o2=…".
local function on_duty(P, code, now)
  for till in string.gmatch(redis.call('HGET', P .. ':duty', code) or '', '=(%d+)') do
    if tonumber(till) > now then
      return true
    end
  end
  return false
end

-- The first of `chain` (text: codes with commas) that can take the case, what is left behind it, and
-- {code, reason} of those passed over. The last one, the region's duty desk, always can. limits:
-- inbox_max (0 = none), duty ("1": only where an officer is signed in), region.
local function cascade_pick(batch, chain, limits, now)
  local passed = {}
  while true do
    local code, rest = string.match(chain, '^(%d+),?(.*)$')
    code = code or limits.region
    local reason
    if code ~= limits.region then
      if limits.inbox_max > 0 and inbox_count(batch, code) >= limits.inbox_max then
        reason = 'inbox-full'
      elseif limits.duty == '1' and not on_duty(batch.P, code, now) then
        reason = 'nobody-on-duty'
      end
    end
    if not reason then
      return code, rest or '', passed
    end
    push(passed, { code = code, reason = reason })
    chain = rest or ''
  end
end

local function cascade_parse(text)
  local second, limit, chain = string.match(text, '^(%d*)|(%d*)|([%d,]*)$')
  return second or '', tonumber(limit or '') or 0, chain or ''
end

-- Write all that was planned. Nothing behind batch_verify can fail: keys were read or checked before.
local function batch_write(batch)
  local P = batch.P
  for _, fund in pairs(batch.funds) do
    if fund.dirty and fund.low and fund.available < fund.low then
      LEDGER.ask_by_itself(batch, fund)
    end
  end
  batch_verify(batch)
  local id = ''
  if #batch.events > 0 then
    id = redis.call('XADD', P .. ':events', '*', unpack(batch.events))
  end
  for _, case in ipairs(batch.order) do
    local list, n = { 'ev', case.ev == '' and id or case.ev .. ',' .. id, 'v', int(case.v) }, 4
    for name, value in pairs(case.set) do
      list[n + 1], list[n + 2] = name, value
      n = n + 2
    end
    redis.call('HSET', case_key(P, case.no), unpack(list))
  end
  for _, fund in pairs(batch.funds) do
    if fund.dirty then
      local list = fund.spent and { 'day', fund.day, 'month', fund.month } or {}
      for name in pairs(fund.set) do
        push(list, name, type(fund[name]) == 'number' and int(fund[name]) or fund[name] or '')
      end
      call('HSET', P .. ':fund:' .. fund.code, list)
    end
  end
  for key, person in pairs(batch.persons) do
    if person.dirty then
      local list = batch.index[key] or {}
      push(list, 'y', person_text(person))
      batch.index[key] = list
    end
  end
  for key, list in pairs(batch.index) do
    call('HSET', key, list)
  end
  for stage, list in pairs(batch.jobs) do
    call('HSET', queue_key(P, stage, 'jobs'), list.jobs)
    call('ZADD', queue_key(P, stage, 'ready'), list.ready)
  end
  for _, m in ipairs(batch.inbox or {}) do
    if m.from ~= '' then
      redis.call('ZREM', inbox_key(P, m.from), m.no)
      redis.call('ZREM', held_key(P, m.from), m.no)
    end
    if m.to ~= '' then
      redis.call('ZADD', inbox_key(P, m.to), m.score, m.no)
    end
  end
  for _, op in ipairs(batch.later) do
    redis.call(unpack(op))
  end
  call('ZREM', P .. ':timers', batch.untimers) -- first: a timer may be set anew in the same batch
  call('ZADD', P .. ':timers', batch.timers)
end

redis.register_function{ function_name = 'jiuji_version', callback = function()
  return VERSION
end, flags = { 'no-writes' } }
