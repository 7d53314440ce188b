-- Reading the ledger: entries, books, requests and tasks, and the way of one payment. Whoever proves the books
-- asks in pages; each answer starts with the id of the last event before it, so that what it says can be held
-- against the entries up to that one while work goes on.
LEDGER.PAGE = 500

function LEDGER.last_event(P)
  local last = redis.call('XREVRANGE', P .. ':events', '+', '-', 'COUNT', 1)[1]
  return last and last[1] or '0-0'
end

-- Arguments: first and last id of the events ("-", "+", "(id", "ms"), most entries to look at (1..500), fund code
-- ("" all). Answers {id to go on behind, "" at the end; then id, entity, event JSON, …}. Of all funds: every
-- event, its JSON only when it has postings; of one: only what is about it.
function LEDGER.scan(keys, args)
  local most, fund = whole(args[3], 1, LEDGER.PAGE, 'most'), args[4]
  local list = redis.call('XRANGE', keys[1] .. ':events', args[1], args[2], 'COUNT', most)
  local answer, here = { #list == most and list[most][1] or '' }, '"fund":"' .. fund .. '"'
  for _, entry in ipairs(list) do
    local pairs_of = entry[2]
    for i = 1, #pairs_of, 2 do
      local entity, json = pairs_of[i], pairs_of[i + 1]
      if fund == '' then
        push(answer, entry[1], entity, string.find(json, '"postings":[', 1, true) and json or '')
      elseif entity == 'fund:' .. fund or string.find(json, here, 1, true) then
        push(answer, entry[1], entity, json)
      end
    end
  end
  return answer
end

-- Arguments: offset, most (1..200). Answers {last event id, number of funds, then per fund: code, balances as
-- text with spaces in the order of LEDGER.FIELDS, overdue fen, overdue payments, cash_stop}.
function LEDGER.funds(keys, args)
  local P, at, most = keys[1], whole(args[1], 0, EXACT_MAX, 'offset'), whole(args[2], 1, 200, 'most')
  local answer = { LEDGER.last_event(P), int(redis.call('ZCARD', P .. ':funds')) }
  for _, code in ipairs(redis.call('ZRANGE', P .. ':funds', at, at + most - 1)) do
    local key = P .. ':fund:' .. code
    local row = redis.call('HMGET', key, unpack(LEDGER.FIELDS))
    for i = 1, #LEDGER.FIELDS do
      row[i] = row[i] or '0'
    end
    local more = redis.call('HMGET', key, 'overdue', 'overdue_n', 'cash_stop')
    push(answer, code, table.concat(row, ' '), more[1] or '0', more[2] or '0', more[3] or '0')
  end
  return answer
end

-- Arguments: case numbers (1..64). Answers {last event id, then per case: grant, recovery, number of payments,
-- the payments as they stand in the case}; a case that is not there has "", "", "0".
function LEDGER.cases(keys, args)
  local P, answer = keys[1], {}
  answer[1] = LEDGER.last_event(P)
  for _, no in ipairs(args) do
    local row = redis.call('HMGET', case_key(P, no), 'g', 'rc', 'pn')
    local n, names = tonumber(row[3] or '') or 0, {}
    push(answer, row[1] or '', row[2] or '', int(n))
    for i = 1, n do
      names[i] = 'm' .. i
    end
    if n > 0 then
      for _, text in ipairs(redis.call('HMGET', case_key(P, no), unpack(names))) do
        push(answer, text or '')
      end
    end
  end
  return answer
end

-- No arguments. Answers {kind, fund, number, fen, who asked, at ms, …}.
function LEDGER.requests(keys)
  local answer, all = {}, redis.call('HGETALL', keys[1] .. ':fund-requests')
  for i = 1, #all, 2 do
    local kind, code = string.match(all[i], '^(%a+):(%d+)$')
    if kind then
      local n, fen, by, at = string.match(all[i + 1], '^(%d+)|(%d+)|([^|]*)|(%d+)$')
      push(answer, kind, code, n, fen, by, at)
    end
  end
  return answer
end

-- No arguments. Answers {id, kind, owner, due ms, opened ms, evidence, …}.
function LEDGER.tasks(keys)
  local answer, all = {}, redis.call('HGETALL', keys[1] .. ':tasks')
  for i = 1, #all, 2 do
    local kind, owner, due, opened, evidence = string.match(all[i + 1], '^([^|]*)|([^|]*)|(%d+)|(%d+)|(.*)$')
    if kind then
      push(answer, all[i], kind, owner, due, opened, evidence)
    end
  end
  return answer
end

-- Argument: payment id. Answers {} or {payment as it stands in the case, township, inbox, state, grant, recovery,
-- decision, the case's events as JSON …}.
function LEDGER.trail(keys, args)
  local no, field = payment_place(args[1])
  local row = no and redis.call('HMGET', case_key(keys[1], no), field, 't', 'o', 's', 'g', 'rc', 'd')
  if not row or not row[1] then
    return {}
  end
  local answer, events = {}, case_events(keys, { no })
  for i = 1, 7 do
    answer[i] = row[i] or ''
  end
  for i = 3, #events do
    push(answer, events[i])
  end
  return answer
end

reads('ledger_scan', LEDGER.scan)
reads('ledger_funds', LEDGER.funds)
reads('ledger_cases', LEDGER.cases)
reads('fund_requests', LEDGER.requests)
reads('tasks', LEDGER.tasks)
reads('payment_trail', LEDGER.trail)
