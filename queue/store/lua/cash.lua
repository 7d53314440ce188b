-- Acts of finance and of the cash box (现金盘点) on a fund. What an act does stands in LEDGER.ACTS:
-- function(batch, fund, a, entries) with a.fen, a.who, a.second, a.now, a.due, a.word. It answers a refusal (a
-- table), or nil and JSON members of the event.
--
-- In the box lie `cash` and `cash_held` (approved for somebody, not yet handed over). A count that differs
-- stops cash there: cash_stop = 1, cash_gap = counted - expected, cash_by = who counted.
LEDGER.ACTS = {}

-- Recovered money may be spent again.
LEDGER.ACTS['restore'] = function(_, fund, a, entries)
  if fund_balance(fund, 'recovered') < a.fen then
    return { 'funds', int(fund.recovered) }
  end
  push(entries, fund_post(fund, 'recovered', 'available', a.fen))
end

LEDGER.ACTS['repay'] = function(batch, fund, a, entries)
  local most = math.min(fund.available, fund_balance(fund, 'borrowed'))
  if most < a.fen then
    return { 'funds', int(most) }
  end
  LEDGER.repay(batch, fund, a.fen, entries)
end

function LEDGER.cash_stopped(fund)
  return redis.call('HGET', fund.key, 'cash_stop') == '1'
end

LEDGER.ACTS['cash-draw'] = function(_, fund, a, entries)
  if LEDGER.cash_stopped(fund) then
    return { 'cash-stopped' }
  end
  if fund.available < a.fen then
    return { 'funds', int(fund.available) }
  end
  push(entries, fund_post(fund, 'available', 'cash', a.fen))
end

LEDGER.ACTS['cash-return'] = function(_, fund, a, entries)
  if fund_balance(fund, 'cash') < a.fen then
    return { 'funds', int(fund.cash) }
  end
  push(entries, fund_post(fund, 'cash', 'available', a.fen))
end

LEDGER.ACTS['cash-count'] = function(batch, fund, a)
  if same_person(a.who, a.second) then
    return { 'same-person' }
  end
  local expected = fund_balance(fund, 'cash') + fund_balance(fund, 'cash_held')
  local gap = a.fen - expected
  LEDGER.set(fund, 'cash_gap', gap)
  LEDGER.set(fund, 'cash_by', a.who .. ',' .. a.second)
  if gap ~= 0 then
    LEDGER.set(fund, 'cash_stop', 1)
    later(batch, 'hash', 'HSET', batch.P .. ':tasks', 'cash:' .. fund.code, 'cash-gap|' ..
      string.sub(fund.code, 1, 6) .. '|' .. int(a.due) .. '|' .. int(a.now) .. '|counted=' .. int(a.fen) ..
      ',expected=' .. int(expected) .. ',by=' .. a.who .. ',second=' .. a.second)
  end
  a.answer = int(gap)
  return nil, ',"counted_fen":' .. int(a.fen) .. ',"expected_fen":' .. int(expected) .. ',"gap_fen":' .. int(gap) ..
    ',"second":"' .. a.second .. '"'
end

-- Cash may be given again. The last count agreed, or what it differs by is booked now (word "settle"): what
-- is missing is written off, what is too much counts as allotted.
LEDGER.ACTS['cash-lift'] = function(batch, fund, a, entries)
  if not LEDGER.cash_stopped(fund) then
    return { 'none' }
  end
  local by = redis.call('HGET', fund.key, 'cash_by') or ''
  for _, who in ipairs(split(by, ',')) do
    if same_person(who, a.who) then
      return { 'same-person' }
    end
  end
  local gap = fund_balance(fund, 'cash_gap')
  if gap ~= 0 and a.word ~= 'settle' then
    return { 'gap', int(math.abs(gap)) }
  end
  if gap < 0 then
    if fund_balance(fund, 'cash') < -gap then
      return { 'funds', int(fund.cash) }
    end
    push(entries, fund_post(fund, 'cash', 'written_off', -gap))
  elseif gap > 0 then
    push(entries, fund_post(fund, 'allotted', 'cash', gap))
  end
  LEDGER.set(fund, 'cash_stop', 0)
  LEDGER.set(fund, 'cash_gap', 0)
  later(batch, 'hash', 'HDEL', batch.P .. ':tasks', 'cash:' .. fund.code)
  return nil, ',"gap_fen":' .. int(gap)
end

-- Arguments: act, fund, amount (0 where it has none), who, second person ("" none), due ms of a task that it
-- may open, word ("" none), event tail, idempotency key hash, fingerprint. Answers {"ok", number} (of a count:
-- its gap) or a refusal: "none", "same-person", "cash-stopped", {"funds", most}, {"gap", fen}.
function LEDGER.act(keys, args)
  args_check(args, 10, 10)
  local P, code, act = keys[1], ACT.code(args[2], 'fund'), LEDGER.ACTS[args[1]]
  local batch, before = LEDGER.begin(P), LEDGER.before(P, args[9], args[10])
  if before then
    return before
  end
  local free = args[1] == 'cash-count' or args[1] == 'cash-lift'
  local a = { fen = whole(args[3], free and 0 or 1, AMOUNT_MAX, 'amount'), who = ACT.plain(args[4], 'actor'),
    second = args[5] ~= '' and ACT.plain(args[5], 'second') or '', now = now_ms(), word = args[7],
    due = whole(args[6], 0, EXACT_MAX, 'due_ms') }
  if not act or (args[1] == 'cash-count' and a.second == '') then
    error({ err = 'bad-input act' })
  end
  if redis.call('EXISTS', P .. ':fund:' .. code) == 0 then
    return { 'none' }
  end
  local fund, entries = fund_of(batch, code), {}
  local refusal, more = act(batch, fund, a, entries)
  if refusal then
    return refusal
  end
  LEDGER.event(batch, code, args[1], args[8], ',"amount_fen":' .. int(a.fen) .. (more or ''), entries)
  return LEDGER.done(batch, args[9], args[10], a.answer or '0')
end

redis.register_function('jiuji_fund_act', LEDGER.act)
