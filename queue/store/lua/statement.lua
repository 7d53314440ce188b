-- Statements (对账单) of the payment rails by booking day, and reconciliation: what is due, and its reports.
--
-- {r}:statement:<rail>:<day>   hash: lines, files: sums; f:<sha256> -> "lines|chunks|ms|who|source" of a file that is
--                              whole; <sha256>:<n> -> chunk n of its lines, as C writes them
-- {r}:reconcile:<rail>:<day>   hash: report (JSON), state, n (differences), by, at
-- {r}:reconcile:due            sorted set: due ms, "<rail>:<day>"; while somebody works on it: end of his lease
--
-- No personal data: ids, amounts, references. All but the last are gone after STATEMENT.KEEP_S.
local STATEMENT = { KEEP_S = 400 * 86400, FILES_MAX = 200, LINES_MAX = 200000, CHUNK_MAX = 160000, DUE_MAX = 2000,
  EVENTS_MAX = 500, REPORT_MAX = 2097152, RAILS_MAX = 16,
  SETTLES = { paid = true, ['paid-part'] = true, ['pay-failed'] = true, ['pay-returned'] = true },
  WIRES = { answer = true, query = true, file = true, statement = true } }

function STATEMENT.place(rail, day)
  if not string.match(rail, '^%l[%l%d_]*$') or #rail > 32 then
    error({ err = 'bad-input rail' })
  end
  whole(day, 19700101, 99991231, 'day')
  return rail .. ':' .. day
end

function STATEMENT.sha(text)
  if #text ~= 64 or not string.match(text, '^%x+$') then
    error({ err = 'bad-input sha256' })
  end
  return text
end

-- Due at `at`, or earlier if it is so already. Answers false when too many wait.
function STATEMENT.due(P, member, at, soonest)
  local key = P .. ':reconcile:due'
  local is = redis.call('ZSCORE', key, member)
  if not is and redis.call('ZCARD', key) >= STATEMENT.DUE_MAX then
    return false
  end
  return function()
    redis.call('ZADD', key, soonest and is and int(math.min(tonumber(is), at)) or int(at), member)
  end
end

-- Arguments: rail, day, sha256, chunk, chunks, lines of the file, text, source, due ms ("0": no run), actor, event
-- tail. Answers "ok", "same" (this file is known whole) or "full".
function STATEMENT.add(keys, args)
  args_check(args, 11, 11)
  local P, place, sha = keys[1], STATEMENT.place(args[1], args[2]), STATEMENT.sha(args[3])
  local n, of = whole(args[4], 1, 1000, 'chunk'), whole(args[5], 1, 1000, 'chunks')
  local lines, due = whole(args[6], 0, STATEMENT.LINES_MAX, 'lines'), whole(args[9], 0, EXACT_MAX, 'due')
  local key = P .. ':statement:' .. place
  if n > of or #args[7] > STATEMENT.CHUNK_MAX or string.find(args[8] .. args[10], '|', 1, true) then
    error({ err = 'bad-input chunk' })
  end
  expect('hash', key)
  expect('zset', P .. ':reconcile:due')
  expect('stream', P .. ':events')
  local row = redis.call('HMGET', key, 'f:' .. sha, 'files', 'lines')
  local files, sum = tonumber(row[2] or '0'), tonumber(row[3] or '0')
  if row[1] then
    return 'same'
  end
  if files >= STATEMENT.FILES_MAX or sum + lines > STATEMENT.LINES_MAX then
    return 'full'
  end
  for i = 1, n == of and of - 1 or 0 do
    if redis.call('HEXISTS', key, sha .. ':' .. int(i)) == 0 then
      error({ err = 'bad-input chunk ' .. int(i) .. ' is missing' })
    end
  end
  local ask = n == of and due > 0 and STATEMENT.due(P, place, due, true)
  if n == of and due > 0 and not ask then
    return 'full'
  end
  redis.call('HSET', key, sha .. ':' .. int(n), args[7])
  if n == of then
    redis.call('XADD', P .. ':events', '*', 'statement:' .. place, '{"verb":"statement-loaded","sha256":"' .. sha ..
      '","lines":' .. int(lines) .. ',' .. args[11] .. '}')
    redis.call('HSET', key, 'f:' .. sha, int(lines) .. '|' .. int(of) .. '|' .. int(now_ms()) .. '|' .. args[10] ..
      '|' .. args[8], 'files', int(files + 1), 'lines', int(sum + lines))
    if ask then
      ask()
    end
  end
  redis.call('EXPIRE', key, STATEMENT.KEEP_S)
  return 'ok'
end

-- Arguments: rail, day. Answers {sha256, lines, chunks, ms, who, source, …} of the whole files, by time and hash.
function STATEMENT.files(keys, args)
  args_check(args, 2, 2)
  local key = keys[1] .. ':statement:' .. STATEMENT.place(args[1], args[2])
  local list, answer = {}, {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local sha = string.match(name, '^f:(%x+)$')
    if sha then
      local lines, chunks, at, who, source = string.match(redis.call('HGET', key, name),
        '^(%d+)|(%d+)|(%d+)|([^|]*)|([^|]*)$')
      push(list, { sha = sha, lines = lines, chunks = chunks, at = at, who = who, source = source })
    end
  end
  table.sort(list, function(a, b)
    return tonumber(a.at) < tonumber(b.at) or (a.at == b.at and a.sha < b.sha)
  end)
  for _, f in ipairs(list) do
    push(answer, f.sha, f.lines, f.chunks, f.at, f.who, f.source)
  end
  return answer
end

-- Arguments: rail, day, sha256, chunk. Answers its text.
function STATEMENT.chunk(keys, args)
  args_check(args, 4, 4)
  local key = keys[1] .. ':statement:' .. STATEMENT.place(args[1], args[2])
  return redis.call('HGET', key, STATEMENT.sha(args[3]) .. ':' .. int(whole(args[4], 1, 1000, 'chunk'))) or ''
end

-- ---- Payments ----

-- Arguments: first and last event ("ms", "(id"). Answers {id to go on behind or "", ids of payments that the events
-- name, each once}.
function STATEMENT.scan(keys, args)
  args_check(args, 2, 2)
  local list = redis.call('XRANGE', keys[1] .. ':events', args[1], args[2], 'COUNT', STATEMENT.EVENTS_MAX)
  local answer, seen = { #list == STATEMENT.EVENTS_MAX and list[#list][1] or '' }, {}
  for _, entry in ipairs(list) do
    for i = 2, #entry[2], 2 do
      for id in string.gmatch(entry[2][i], '"payment":"(%d+A%d%d)"') do
        if not seen[id] then
          seen[id] = true
          push(answer, id)
        end
      end
    end
  end
  return answer
end

-- What the case's entries say of a payment: money that left the fund for it, money that came back, when its last news
-- was stored, and over which rail it went.
function STATEMENT.entries(P, no, id, ev)
  local told, name, last = { paid = 0, back = 0, at = '0', rail = '' }, '"payment":"' .. id .. '"', ''
  for _, at in ipairs(split(ev, ',')) do
    local entry = at ~= '' and at ~= last and redis.call('XRANGE', P .. ':events', at, at)[1]
    for i = 1, entry and #entry[2] or 0, 2 do
      local json = entry[2][i + 1]
      if entry[2][i] == no and string.find(json, name, 1, true)
          and STATEMENT.SETTLES[string.match(json, '"verb":"([%l-]+)"')] then
        told.at = string.match(at, '^%d+')
        for from, to, fen in string.gmatch(json, '"from":"([%l_]+)","to":"([%l_]+)","amount_fen":(%d+)') do
          if to == 'returned' then
            told.back = told.back + tonumber(fen)
          elseif (from == 'held' or from == 'cash_held') and (to == 'unreviewed' or to == 'confirmed') then
            told.paid = told.paid + tonumber(fen)
          end
        end
        local rail, wire = string.match(json, '"reason":"(%l[%l%d_]*) (%l+)')
        told.rail = string.match(json, '"actor":"bank:(%l[%l%d_]*)"') or STATEMENT.WIRES[wire] and rail or told.rail
      end
    end
    last = at
  end
  return told
end

-- Arguments: payment ids (1..64). Answers per payment: id, state ("" none), how, fen, made ms, bank's reference, ms of
-- the last news, rail, fen paid and fen returned by the ledger, deliveries of its job, payload of its job.
function STATEMENT.payments(keys, args)
  args_check(args, 1, 64)
  local P, answer = keys[1], {}
  for _, id in ipairs(args) do
    local no, field = payment_place(id)
    local row = no and redis.call('HMGET', case_key(P, no), field, 'ev')
    if not row or not row[1] then
      push(answer, id, '', '', '0', '0', '')
      push(answer, '0', '', '0', '0', '0', '')
    else
      local pay, told = payment_parse(id, row[1]), STATEMENT.entries(P, no, id, row[2] or '')
      local tries, _, payload = job_parse(redis.call('HGET', queue_key(P, 'pay', 'jobs'), id) or '0:0:')
      push(answer, id, pay.s, pay.how, int(pay.m), pay.at == '' and '0' or pay.at, pay.b)
      push(answer, told.at, told.rail, int(told.paid), int(told.back), int(tries or 0), payload or '')
    end
  end
  return answer
end

-- ---- Runs ----

-- Arguments: rail, day, due ms, event tail, idempotency key hash, fingerprint. Answers {"ok"} or {"full"}; {"replayed",
-- "ok"} for a key that was answered before, {"key-reused"} for one that asked something else.
function STATEMENT.ask(keys, args)
  args_check(args, 6, 6)
  local P, place = keys[1], STATEMENT.place(args[1], args[2])
  expect('zset', P .. ':reconcile:due')
  expect('stream', P .. ':events')
  local before = LEDGER.before(P, args[5], args[6])
  if before then
    return before
  end
  local ask = STATEMENT.due(P, place, whole(args[3], 1, EXACT_MAX, 'due'), true)
  if not ask then
    return { 'full' }
  end
  redis.call('XADD', P .. ':events', '*', 'reconcile:' .. place, '{"verb":"reconcile-ask",' .. args[4] .. '}')
  ask()
  LEDGER.remember(P, args[5], args[6], 'ok')
  return { 'ok' }
end

-- The daily run. Arguments: rail, day, due ms. Nothing when there is a report or somebody has asked.
function STATEMENT.plan(keys, args)
  args_check(args, 3, 3)
  local P, place = keys[1], STATEMENT.place(args[1], args[2])
  expect('zset', P .. ':reconcile:due')
  if redis.call('EXISTS', P .. ':reconcile:' .. place) == 1 or redis.call('ZSCORE', P .. ':reconcile:due', place) then
    return 'same'
  end
  local ask = STATEMENT.due(P, place, whole(args[3], 1, EXACT_MAX, 'due'))
  if not ask then
    return 'full'
  end
  ask()
  return 'ok'
end

-- Argument: lease ms. Answers {} or {rail, day, token}: the first that is due; its token is the end of the lease.
function STATEMENT.take(keys, args)
  args_check(args, 1, 1)
  local key, now = keys[1] .. ':reconcile:due', now_ms()
  local lease = whole(args[1], 1, 86400000, 'lease_ms')
  local place = redis.call('ZRANGEBYSCORE', key, '-inf', int(now), 'LIMIT', 0, 1)[1]
  if not place then
    return {}
  end
  local rail, day = string.match(place, '^([%l%d_]+):(%d+)$')
  if not rail then
    error({ err = 'corrupt run ' .. place })
  end
  redis.call('ZADD', key, int(now + lease), place)
  return { rail, day, int(now + lease) }
end

-- Arguments: rail, day, token ("" none), report, state, differences, actor, event tail. Answers "ok", or "same" when
-- the kept report says the same.
function STATEMENT.done(keys, args)
  args_check(args, 8, 8)
  local P, place = keys[1], STATEMENT.place(args[1], args[2])
  local key, n = P .. ':reconcile:' .. place, whole(args[6], 0, EXACT_MAX, 'differences')
  if #args[4] > STATEMENT.REPORT_MAX or not string.match(args[5], '^[%l_]+$') then
    error({ err = 'bad-input report' })
  end
  expect('hash', key)
  expect('zset', P .. ':reconcile:due')
  expect('stream', P .. ':events')
  local same = redis.call('HGET', key, 'report') == args[4]
  local score = args[3] ~= '' and redis.call('ZSCORE', P .. ':reconcile:due', place)
  if not same then
    redis.call('XADD', P .. ':events', '*', 'reconcile:' .. place, '{"verb":"reconciled","state":"' .. args[5] ..
      '","differences":' .. int(n) .. ',' .. args[8] .. '}')
    redis.call('HSET', key, 'report', args[4], 'state', args[5], 'n', int(n), 'by', args[7], 'at', int(now_ms()))
    redis.call('EXPIRE', key, STATEMENT.KEEP_S)
  end
  if score and int(tonumber(score)) == args[3] then -- asked again meanwhile: it stays due
    redis.call('ZREM', P .. ':reconcile:due', place)
  end
  return same and 'same' or 'ok'
end

-- Arguments: day, "1" with the reports, rails. Answers per rail: state ("" = no report), differences, by, ms, report,
-- "1" when a run is asked for.
function STATEMENT.get(keys, args)
  args_check(args, 3, 2 + STATEMENT.RAILS_MAX)
  local P, answer = keys[1], {}
  for i = 3, #args do
    local place = STATEMENT.place(args[i], args[1])
    local row = redis.call('HMGET', P .. ':reconcile:' .. place, 'state', 'n', 'by', 'at',
      args[2] == '1' and 'report' or '-')
    push(answer, row[1] or '', row[2] or '0', row[3] or '', row[4] or '0', row[5] or '')
    push(answer, redis.call('ZSCORE', P .. ':reconcile:due', place) and '1' or '0')
  end
  return answer
end

redis.register_function('jiuji_statement_add', STATEMENT.add)
redis.register_function('jiuji_reconcile_ask', STATEMENT.ask)
redis.register_function('jiuji_reconcile_plan', STATEMENT.plan)
redis.register_function('jiuji_reconcile_take', STATEMENT.take)
redis.register_function('jiuji_reconcile_done', STATEMENT.done)
reads('statement_files', STATEMENT.files)
reads('statement_chunk', STATEMENT.chunk)
reads('statement_scan', STATEMENT.scan)
reads('statement_payments', STATEMENT.payments)
reads('reconcile_get', STATEMENT.get)
