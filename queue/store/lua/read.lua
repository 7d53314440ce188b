-- Reading: what the gateway shows and the workers load, one call each. And the API's tokens.

-- Arguments: case numbers (1..64). Answers per case {v, s, facts, sealed, wrapped key, person's year,
-- person hash} or ""; where there is something to say of them, behind these: {his cases of late, household, its
-- year, its cases of late, "1" if he or one of it is on the relatives register}.
local function load(keys, args)
  local P, answer = keys[1], {}
  for i, no in ipairs(args) do
    local row = redis.call('HMGET', case_key(P, no), 'v', 's', 'f', 'p', 'k', 'h')
    if row[1] then
      local who = redis.call('HMGET', P .. ':person:' .. row[6], 'y', 'hh', 'op', 'rl')
      local one = { row[1], row[2], row[3], row[4], row[5] or '', who[1] or '', row[6] }
      answer[i] = one
      local house = (who[2] or '') ~= '' and redis.call('HMGET', P .. ':household:' .. who[2], 'y', 'op', 'rl') or nil
      if house or (who[3] or '') ~= '' or (who[4] or '') ~= '' then
        local related = who[4] == '1' or (house and tonumber(house[3] or '0') > 0)
        push(one, who[3] or '', who[2] or '', house and house[1] or '', house and house[2] or '',
          related and '1' or '0')
      end
    else
      answer[i] = ''
    end
  end
  return answer
end

-- Arguments: fund codes (1..64). Answers per code {available, day, month, allotted, fen whose papers are overdue,
-- number of such payments, code of the reserve behind it ("" none), what is available there}.
local function load_funds(keys, args)
  local P, answer, reserves = keys[1], {}, {}
  for i, code in ipairs(args) do
    local row = redis.call('HMGET', P .. ':fund:' .. code, 'available', 'day', 'month', 'allotted', 'overdue',
      'overdue_n', 'td')
    local reserve, fen = LEDGER.reserve_of(P, code, reserves)
    answer[i] = { row[1] or '0', row[2] or '', row[3] or '', row[4] or '0', row[5] or '0', row[6] or '0', reserve, fen,
      row[7] or '' }
  end
  return answer
end

-- Arguments: payment ids (1..64). Answers per id {state, amount, case no, fund, sealed, wrapped key,
-- made ms} or
-- "", and behind them what is stopped (gate.lua): "all,rail:x,township:y".
local function load_payments(keys, args)
  local P, answer = keys[1], {}
  for i, id in ipairs(args) do
    local no, field = payment_place(id)
    local row = no and redis.call('HMGET', case_key(P, no), field, 'p', 'k')
    if row and row[1] then
      local pay = payment_parse(id, row[1])
      answer[i] = { pay.s, int(pay.m), no, pay.u, row[2] or '', row[3] or '', pay.at }
    else
      answer[i] = ''
    end
  end
  push(answer, table.concat(redis.call('HKEYS', P .. ':switch'), ','))
  return answer
end

-- Argument: payment id. Answers {case, amount, fund, state, bank's reference} or {}.
local function payment(keys, args)
  local no, field = payment_place(args[1])
  local text = no and redis.call('HGET', case_key(keys[1], no), field)
  if not text then
    return {}
  end
  local pay = payment_parse(args[1], text)
  return { no, int(pay.m), pay.u, pay.s, pay.b }
end

local CASE_VIEW = { 'v', 's', 't', 'o', 'u', 'f', 'p', 'k', 'rt', 'd', 'cl', 'rv', 'a', 'mk', 'hd', 'g', 'rc', 'rf',
  'pb', 'cf', 'lk', 'dm', 'rn', 'rd', 'ra', 'ck', 'pf', 'pn', 'q' }

-- Argument: case number. Answers {} or the fields of CASE_VIEW without the last, then per payment id,
-- amount, state, how, fund.
local function case_get(keys, args)
  local P, no = keys[1], args[1]
  local row = redis.call('HMGET', case_key(P, no), unpack(CASE_VIEW))
  if not row[1] then
    return {}
  end
  local answer = {}
  for i = 1, #CASE_VIEW - 1 do
    answer[i] = row[i] or ''
  end
  local second = cascade_parse(row[#CASE_VIEW] or '')
  if second ~= '' then -- offered to two inboxes
    answer[4] = answer[4] .. ',' .. second
  end
  local n = tonumber(row[#CASE_VIEW - 1] or '0')
  answer[#CASE_VIEW - 1] = int(n)
  for i = 1, n do
    local id = no .. 'A' .. string.format('%02d', i)
    local pay = payment_parse(id, redis.call('HGET', case_key(P, no), 'm' .. i))
    push(answer, id, int(pay.m), pay.s, pay.how, pay.u)
  end
  return answer
end

-- Arguments: most (1..500). Answers what is published now: {no, until ms, township, facts, sealed, wrapped
-- key, grant, …}.
local function publicity(keys, args)
  local P, answer = keys[1], {}
  local rows = redis.call('ZRANGEBYSCORE', P .. ':publicity', int(now_ms()), '+inf', 'WITHSCORES', 'LIMIT', 0,
    whole(args[1], 1, 500, 'most'))
  for i = 1, #rows, 2 do
    local row = redis.call('HMGET', case_key(P, rows[i]), 't', 'f', 'p', 'k', 'g')
    push(answer, rows[i], rows[i + 1], row[1] or '', row[2] or '')
    push(answer, row[3] or '', row[4] or '', row[5] or '')
  end
  return answer
end

-- Arguments: case numbers (1..64). Answers the version of each, "0" where there is none: what long
-- polls wait for.
local function versions(keys, args)
  local answer = {}
  for i, no in ipairs(args) do
    answer[i] = redis.call('HGET', case_key(keys[1], no), 'v') or '0'
  end
  return answer
end

-- Argument: case number. Answers the case's township first and then its events as JSON, oldest first;
-- {} if there is no case.
local function case_events(keys, args)
  local P, no = keys[1], args[1]
  local row = redis.call('HMGET', case_key(P, no), 'ev', 't', 'o', 'q')
  if not row[1] then
    return {}
  end
  local second = cascade_parse(row[4] or '')
  local answer = { row[2] or '', (row[3] or '') .. (second ~= '' and ',' .. second or '') }
  local last = ''
  for _, id in ipairs(split(row[1], ',')) do
    if id ~= '' and id ~= last then
      local entry = redis.call('XRANGE', P .. ':events', id, id)[1]
      for i = 1, entry and #entry[2] or 0, 2 do
        if entry[2][i] == no then
          push(answer, entry[2][i + 1])
        end
      end
    end
    last = id
  end
  return answer
end

-- Arguments: inbox code, most (1..200). Answers {how many wait or are held, then no, state, version,
-- urgency, facts, claim, review, …}.
local function inbox(keys, args)
  local P, code, most = keys[1], args[1], tonumber(args[2])
  local answer = { int(redis.call('ZCARD', inbox_key(P, code)) + redis.call('ZCARD', held_key(P, code))) }
  for _, key in ipairs({ held_key(P, code), inbox_key(P, code) }) do
    local left = most - (#answer - 1) / 7
    if left > 0 then
      for _, no in ipairs(redis.call('ZRANGE', key, 0, left - 1)) do
        local row = redis.call('HMGET', case_key(P, no), 's', 'v', 'u', 'f', 'cl', 'rv')
        if row[1] then
          push(answer, no, row[1], row[2], row[3] or '')
          push(answer, row[4], row[5] or '', row[6] or '')
        end
      end
    end
  end
  return answer
end

-- Argument: fund code. Answers the balances in the order of LEDGER.FIELDS, then overdue fen and payments, low mark, "1"
-- when cash is stopped, gap of the cash box, lender; {} if there is no such fund.
local function fund_get(keys, args)
  local key = keys[1] .. ':fund:' .. args[1]
  if redis.call('EXISTS', key) == 0 then
    return {}
  end
  local row, n = redis.call('HMGET', key, unpack(LEDGER.FIELDS)), #LEDGER.FIELDS
  for i = 1, n do
    row[i] = row[i] or '0'
  end
  local more = redis.call('HMGET', key, 'overdue', 'overdue_n', 'low', 'cash_stop', 'cash_gap', 'lender')
  for i = 1, 6 do
    row[n + i] = more[i] or (i <= 2 and '0' or '')
  end
  return row
end

-- Answers {stage, ready, leased, delayed, dead, oldest ready score, …} for the six stages, then
-- timers due count and length of events.
local function stats(keys)
  local P, answer = keys[1], {}
  for _, stage in ipairs({ 'route', 'pay', 'notify', 'sms', 'hook', 'register' }) do
    push(answer, stage)
    for _, part in ipairs({ 'ready', 'leased', 'delayed', 'dead' }) do
      push(answer, int(redis.call('ZCARD', queue_key(P, stage, part))))
    end
    push(answer, redis.call('ZRANGE', queue_key(P, stage, 'ready'), 0, 0, 'WITHSCORES')[2] or '0')
  end
  push(answer, int(redis.call('ZCARD', P .. ':timers')), int(redis.call('XLEN', P .. ':events')))
  return answer
end

-- ---- Tokens of the API: stored as SHA-256, looked up by their public id ----

-- Arguments: id, SHA-256 hex, role, name, township ("" = whole region), expires_ms.
local function token_put(keys, args)
  args_check(args, 6, 6)
  expect('hash', keys[1] .. ':token:' .. args[1])
  redis.call('HSET', keys[1] .. ':token:' .. args[1], 'hash', args[2], 'role', args[3], 'name', args[4],
      'township', args[5],
    'expires', args[6])
  return 'ok'
end

local function token_revoke(keys, args)
  args_check(args, 1, 1)
  return redis.call('DEL', keys[1] .. ':token:' .. args[1])
end

local function token_get(keys, args)
  local row = redis.call('HMGET', keys[1] .. ':token:' .. args[1], 'hash', 'role', 'name', 'township', 'expires')
  return row[1] and row or {}
end

-- One by one: `pairs` is not there while a library is being loaded.
local function reads(name, callback)
  redis.register_function{ function_name = 'jiuji_' .. name, callback = callback, flags = { 'no-writes' } }
end
reads('load', load)
reads('load_funds', load_funds)
reads('load_payments', load_payments)
reads('payment', payment)
reads('case_get', case_get)
reads('publicity', publicity)
reads('case_events', case_events)
reads('versions', versions)
reads('inbox', inbox)
reads('fund_get', fund_get)
reads('stats', stats)
reads('token_get', token_get)
redis.register_function('jiuji_token_put', token_put)
redis.register_function('jiuji_token_revoke', token_revoke)
