-- Claiming a case: a lease with a fencing number, which ends by itself.

local function claim_parse(text)
  local token, till, actor = string.match(text, '^(%d+):(%d+):(.*)$')
  return token, tonumber(till), actor
end

local function fragment(now, actor, reason)
  return '"at_ms":' .. int(now) .. ',"actor":"' .. actor .. '","reason":"' .. reason .. '"'
end

-- Cases whose officer has not come back stand in the inbox again, and the history says so.
local function claims_expire(batch, code, now)
  local P = batch.P
  local late = redis.call('ZRANGEBYSCORE', held_key(P, code), '-inf', now, 'LIMIT', 0, 32)
  for _, no in ipairs(late) do
    local case = batch_case(batch, no)
    if case and case.o == code then
      case_event(batch, case, 'hand-back', case.s, fragment(now, 'system', 'claim-expired'))
      case_set(case, 'cl', '')
      inbox_move(batch, case, code, case.ib ~= '' and case.ib or '0')
    end
  end
end

-- Arguments: inbox code, actor, case ("" = the most urgent), claim_ms, event tail, idempotency key
-- hash, fingerprint. Answers {"ok", no, claim number, until_ms}, {"none"} (nothing waits), {"held"},
-- {"not-found"} or {"key-reused"}.
local function claim(keys, args)
  args_check(args, 7, 7)
  local P, code, actor, wanted = keys[1], args[1], args[2], args[3]
  local batch = batch_new(P)
  local now, claim_ms = now_ms(), whole(args[4], 1, 86400000, 'claim_ms')
  batch_check(batch)
  expect('zset', inbox_key(P, code), held_key(P, code))
  local idem = P .. ':idem:' .. args[6]
  local record = redis.call('GET', idem)
  if record then
    local part = split(record, '|')
    return part[1] == args[7] and { 'ok', part[2], part[3], part[4], 'replayed' } or { 'key-reused' }
  end
  claims_expire(batch, code, now)
  local no = wanted
  if wanted == '' then
    no = redis.call('ZRANGE', inbox_key(P, code), 0, 0)[1]
    for _, m in ipairs(batch.inbox or {}) do
      no = no or m.no
    end
  end
  local case = no and batch_case(batch, no)
  local answer = { wanted == '' and 'none' or 'not-found' }
  local lost = nil -- the other inbox it was offered to
  local second, limit, chain = cascade_parse(case and case.q or '')
  if case and (case.o == code or second == code) then
    local _, till, who = claim_parse(case.cl)
    if till and till > now and who ~= actor then
      answer = { 'held' }
    else
      local token, ends = fence_next(P), int(now + claim_ms)
      case_event(batch, case, 'claim', case.s, args[5] .. ',"claim":' .. token ..
        (code ~= case.o and ',"held_by":"' .. code .. '"' or ''))
      if second ~= '' then -- offered to two: the first to take it has it
        local other = case.o == code and second or case.o
        expect('zset', inbox_key(P, other))
        case_set(case, 'o', code)
        case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
        lost = other
      end
      case_set(case, 'cl', token .. ':' .. ends .. ':' .. actor)
      answer = { 'ok', no, token, ends }
    end
  end
  batch_write(batch)
  if answer[1] == 'ok' then
    fence_take(P)
    redis.call('ZREM', inbox_key(P, code), no)
    if lost then
      redis.call('ZREM', inbox_key(P, lost), no)
    end
    redis.call('ZADD', held_key(P, code), answer[4], no)
    redis.call('SET', idem, args[7] .. '|' .. no .. '|' .. answer[3] .. '|' .. answer[4], 'EX', 172800)
  end
  return answer
end

redis.register_function('jiuji_claim', claim)
