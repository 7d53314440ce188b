-- The ledger beyond payments: where a fund's money comes from, what it asks for, what it owes, and its cash
-- box. LEDGER itself (FIELDS, SOURCE) is made from queue/domain/ledger.h.
--
-- {r}:funds          sorted set of the codes of all funds
-- {r}:fund-requests  hash: "last", and "<kind>:<fund>" -> "n|fen|who asked|at ms": what waits for a decision;
--                    kinds: replenish (补充), loan (借款), withdraw (收回拨付). One of a kind per fund.
-- {r}:tasks          hash: id -> "kind|owner|due ms|opened ms|evidence": what a desk must do besides cases

-- The reserve that stands behind a fund: that of its county (the first six digits), else that of the
-- region; "" for the region itself. known: a table that remembers across calls. Answers code, available.
function LEDGER.reserve_of(P, code, known)
  local region = string.sub(P, 2, -2)
  for _, reserve in ipairs({ string.sub(code, 1, 6), region }) do
    if reserve ~= code then
      if known[reserve] == nil then
        known[reserve] = redis.call('HGET', P .. ':fund:' .. reserve, 'available') or ''
      end
      if known[reserve] ~= '' then
        return reserve, known[reserve]
      end
    end
  end
  return '', '0'
end

-- An event of a fund. tail: what C has written; more: JSON members behind it; entries: postings.
function LEDGER.event(batch, code, verb, tail, more, entries)
  local postings = entries and entries[1] and ',"postings":[' .. table.concat(entries, ',') .. ']' or ''
  push(batch.events, 'fund:' .. code, '{"verb":"' .. verb .. '",' .. tail .. more .. postings .. '}')
end

function LEDGER.set(fund, name, value)
  fund[name], fund.set[name], fund.dirty = value, true, true
end

-- ---- Requests ----

function LEDGER.request_read(P, kind, code)
  local text = redis.call('HGET', P .. ':fund-requests', kind .. ':' .. code)
  local n, fen, by, at = string.match(text or '', '^(%d+)|(%d+)|([^|]*)|(%d+)$')
  return n and { n = n, fen = tonumber(fen), by = by, at = at }
end

-- Put a request on the list; answers its number.
function LEDGER.request_add(batch, kind, code, fen, by)
  local key = batch.P .. ':fund-requests'
  batch.request = (batch.request or tonumber(redis.call('HGET', key, 'last') or '0')) + 1
  local n = int(batch.request)
  later(batch, 'hash', 'HSET', key, 'last', n, kind .. ':' .. code, n .. '|' .. int(fen) .. '|' .. by .. '|' ..
    int(now_ms()))
  return n
end

function LEDGER.request_drop(batch, kind, code)
  later(batch, 'hash', 'HDEL', batch.P .. ':fund-requests', kind .. ':' .. code)
end

-- Called by batch_write for a fund that has fallen below its mark: it asks once, until that is settled.
function LEDGER.ask_by_itself(batch, fund)
  if not LEDGER.request_read(batch.P, 'replenish', fund.code) then
    local fen = math.max(1, fund_balance(fund, 'top') - fund.available)
    local n = LEDGER.request_add(batch, 'replenish', fund.code, fen, 'system')
    LEDGER.event(batch, fund.code, 'replenish-ask', fragment(now_ms(), 'system', 'below-low-mark'),
      ',"request":' .. n .. ',"amount_fen":' .. int(fen) .. ',"available_fen":' .. int(fund.available))
  end
  LEDGER.set(fund, 'low', nil)
end

-- Nobody wants to be asked again at once: the next time when half of what is there has gone.
function LEDGER.mark_lower(fund)
  LEDGER.set(fund, 'low', math.floor(fund.available / 2))
end

-- The mark after money has come: permille of the greater of what it should hold and what it holds now. ""
-- leaves both as they were.
function LEDGER.mark(fund, permille, full)
  if permille ~= '' then
    LEDGER.set(fund, 'lowp', whole(permille, 0, 1000, 'permille'))
    LEDGER.set(fund, 'full', whole(full, 0, AMOUNT_MAX, 'full'))
  end
  LEDGER.set(fund, 'top', math.max(fund_balance(fund, 'full'), fund.available))
  local low = math.floor(fund.top * fund_balance(fund, 'lowp') / 1000)
  LEDGER.set(fund, 'low', low > 0 and low or nil)
end

-- ---- Allotment, loans ----

function LEDGER.new(batch, code)
  later(batch, 'zset', 'ZADD', batch.P .. ':funds', 0, code)
end

-- Give back up to fen of what the fund has borrowed.
function LEDGER.repay(batch, fund, fen, entries)
  local back = math.min(fen, fund_balance(fund, 'borrowed'))
  if back > 0 then
    local lender = fund_of(batch, redis.call('HGET', fund.key, 'lender'))
    push(entries, fund_post(fund, 'available', 'borrowed', back), fund_post(lender, 'lent', 'available', back))
  end
end

-- Money from the treasury: first it repays what was borrowed. A request for it is settled when the fund
-- is above its mark again. Answers postings and JSON members of the event.
function LEDGER.fill(batch, fund, fen, permille, full)
  local entries, more = { fund_post(fund, 'allotted', 'available', fen) }, ''
  LEDGER.new(batch, fund.code)
  LEDGER.repay(batch, fund, fen, entries)
  LEDGER.mark(fund, permille, full)
  local open = LEDGER.request_read(batch.P, 'replenish', fund.code)
  if open and fund.available >= (fund.low or 0) then
    LEDGER.request_drop(batch, 'replenish', fund.code)
    more = ',"request":' .. open.n
  elseif open then
    LEDGER.set(fund, 'low', nil)
  end
  return entries, more
end

-- What this key answered before, {"replayed", …} or {"key-reused"}; nil when it is new.
function LEDGER.before(P, idem, print)
  local record = redis.call('GET', P .. ':idem:' .. idem)
  if not record then
    return nil
  end
  local part = split(record, '|')
  if part[1] ~= print then
    return { 'key-reused' }
  end
  part[1] = 'replayed'
  return part
end

-- What the key answers from now on.
function LEDGER.remember(P, idem, print, ...)
  redis.call('SET', P .. ':idem:' .. idem, table.concat({ print, ... }, '|'), 'EX', 172800)
end

function LEDGER.done(batch, idem, print, ...)
  batch_write(batch)
  LEDGER.remember(batch.P, idem, print, ...)
  return { 'ok', ... }
end

function LEDGER.begin(P)
  expect('stream', P .. ':events')
  expect('hash', P .. ':fund-requests', P .. ':tasks')
  expect('zset', P .. ':funds')
  return batch_new(P)
end

-- Arguments: fund code, amount, event tail, idempotency key hash, fingerprint, low mark in permille and what
-- the fund should hold ("" each: as before). Answers "ok", "replayed", "key-reused" or "cap".
function LEDGER.allot(keys, args)
  args_check(args, 7, 7)
  local P, code, fen = keys[1], ACT.code(args[1], 'fund'), amount(args[2])
  local batch, before = LEDGER.begin(P), LEDGER.before(P, args[4], args[5])
  if before then
    return before[1]
  end
  local fund = fund_of(batch, code)
  if fund_balance(fund, 'allotted') + fen > AMOUNT_MAX then
    return 'cap'
  end
  local entries, more = LEDGER.fill(batch, fund, fen, args[6], args[7])
  LEDGER.event(batch, code, 'allot', args[3], more, entries)
  LEDGER.done(batch, args[4], args[5])
  return 'ok'
end

LEDGER.KINDS = { replenish = true, loan = true, withdraw = true }

-- Why a request of this kind cannot be met, or nil. cap: most that may be owed, "" for other kinds.
function LEDGER.obstacle(batch, kind, fund, fen, cap)
  if kind == 'replenish' then
    return fund_balance(fund, 'allotted') + fen > AMOUNT_MAX and { 'cap', int(AMOUNT_MAX - fund.allotted) } or nil
  end
  if kind == 'withdraw' then
    return fund.available < fen and { 'funds', int(fund.available) } or nil
  end
  local owed, reserve, there = fund_balance(fund, 'borrowed'), LEDGER.reserve_of(batch.P, fund.code, {})
  local lender = redis.call('HGET', fund.key, 'lender') or ''
  if reserve == '' or (owed > 0 and lender ~= reserve) then
    return { 'no-reserve' }
  end
  if owed + fen > whole(cap, 0, AMOUNT_MAX, 'cap') then
    return { 'cap', int(math.max(0, tonumber(cap) - owed)) }
  end
  return tonumber(there) < fen and { 'funds', there } or nil
end

-- Arguments: kind, fund, amount, who asks, cap of a loan, event tail, idempotency key hash, fingerprint.
-- Answers {"ok", number} or a refusal: "none" (no such fund), "open", "no-reserve", {"cap", left}, {"funds",
-- available}.
function LEDGER.ask(keys, args)
  args_check(args, 8, 8)
  local P, kind, code, fen = keys[1], args[1], ACT.code(args[2], 'fund'), amount(args[3])
  local batch, before = LEDGER.begin(P), LEDGER.before(P, args[7], args[8])
  if before then
    return before
  end
  if not LEDGER.KINDS[kind] then
    error({ err = 'bad-input kind' })
  end
  if redis.call('EXISTS', P .. ':fund:' .. code) == 0 then
    return { 'none' }
  end
  if LEDGER.request_read(P, kind, code) then
    return { 'open' }
  end
  local obstacle = LEDGER.obstacle(batch, kind, fund_of(batch, code), fen, args[5])
  if obstacle then
    return obstacle
  end
  local n = LEDGER.request_add(batch, kind, code, fen, ACT.plain(args[4], 'actor'))
  LEDGER.event(batch, code, kind .. '-ask', args[6], ',"request":' .. n .. ',"amount_fen":' .. int(fen))
  return LEDGER.done(batch, args[7], args[8], n)
end

LEDGER.MEET = {
  replenish = function(batch, fund, fen, permille, full)
    return (LEDGER.fill(batch, fund, fen, permille, full))
  end,
  loan = function(batch, fund, fen)
    local reserve = LEDGER.reserve_of(batch.P, fund.code, {})
    LEDGER.set(fund, 'lender', reserve)
    LEDGER.new(batch, fund.code)
    return { fund_post(fund_of(batch, reserve), 'available', 'lent', fen),
      fund_post(fund, 'borrowed', 'available', fen) }
  end,
  withdraw = function(_, fund, fen)
    local entry = fund_post(fund, 'available', 'allotted', fen)
    LEDGER.mark_lower(fund)
    return { entry }
  end,
}

-- Arguments: kind, fund, number of the request, "approve" or "decline", amount ("" as asked; a loan or what
-- is taken back is never more than that), who decides (another person than who asked), cap of a loan, low mark
-- and full as in allot, event tail, idempotency key hash, fingerprint. Answers {"ok", fen} or a refusal:
-- "none", "same-person", {"cap", left}, {"funds", available}, "no-reserve".
function LEDGER.decide(keys, args)
  args_check(args, 12, 12)
  local P, kind, code, word = keys[1], args[1], ACT.code(args[2], 'fund'), args[4]
  local batch, before = LEDGER.begin(P), LEDGER.before(P, args[11], args[12])
  if before then
    return before
  end
  if not LEDGER.KINDS[kind] or (word ~= 'approve' and word ~= 'decline') then
    error({ err = 'bad-input decision' })
  end
  local open, fund = LEDGER.request_read(P, kind, code), fund_of(batch, code)
  if not open or open.n ~= args[3] then
    return { 'none' }
  end
  if same_person(open.by, args[6]) then
    return { 'same-person' }
  end
  local fen, entries = args[5] ~= '' and amount(args[5]) or open.fen, nil
  if word == 'approve' then
    local obstacle = kind ~= 'replenish' and fen > open.fen and { 'cap', int(open.fen) } or
      LEDGER.obstacle(batch, kind, fund, fen, args[7])
    if obstacle then
      return obstacle
    end
    LEDGER.request_drop(batch, kind, code)
    entries = LEDGER.MEET[kind](batch, fund, fen, args[8], args[9])
  else
    LEDGER.request_drop(batch, kind, code)
    if kind == 'replenish' then
      LEDGER.mark_lower(fund)
    end
  end
  LEDGER.event(batch, code, kind .. '-' .. word, args[10], ',"request":' .. open.n .. ',"asked_by":"' .. open.by ..
    '","amount_fen":' .. int(word == 'approve' and fen or 0), entries)
  return LEDGER.done(batch, args[11], args[12], int(word == 'approve' and fen or 0))
end

redis.register_function('jiuji_allot', LEDGER.allot)
redis.register_function('jiuji_fund_ask', LEDGER.ask)
redis.register_function('jiuji_fund_decide', LEDGER.decide)
