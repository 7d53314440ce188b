-- What came by the Open311 façade, for its public list. {r}:open311 is a sorted set: received ms, case. Other cases are
-- not shown there.
local OPEN311 = { MOST = 1000 }

function OPEN311.row(P, no, answer)
  local row = redis.call('HMGET', case_key(P, no), 's', 't', 'f', 'ev')
  if row[1] then
    push(answer, { no, row[1], row[2] or '', row[3] or '', string.match(row[4] or '', '(%d+)%-%d+$') or '0' })
  end
end

-- Arguments: from ms, to ms, then case numbers (then the times do not matter). Answers {no, state, township, facts,
-- last event ms} per case, the newest first, at most 1000.
function OPEN311.rows(keys, args)
  args_check(args, 2, 102)
  local P, answer = keys[1], {}
  local from, to = whole(args[1], 0, EXACT_MAX, 'from'), whole(args[2], 0, EXACT_MAX, 'to')
  if #args > 2 then
    for i = 3, #args do
      if redis.call('ZSCORE', P .. ':open311', args[i]) then
        OPEN311.row(P, args[i], answer)
      end
    end
    return answer
  end
  for _, no in ipairs(redis.call('ZREVRANGEBYSCORE', P .. ':open311', int(to), int(from), 'LIMIT', 0, OPEN311.MOST)) do
    OPEN311.row(P, no, answer)
  end
  return answer
end

redis.register_function{ function_name = 'jiuji_open311_rows', callback = OPEN311.rows, flags = { 'no-writes' } }
