-- Rosters (花名册): a township's list of households. The gateway seals each row as the ticket it becomes, with its case
-- number, and puts it here first; workers take them in 64 at a time. Sending a list again makes nothing twice: a row is
-- the same as before when it names the same person (its key), wherever it stands.
--
--   {r}:roster:<id>          t township, by who, at ms of the last upload, up its number, n its rows, done "1" whole
--   {r}:roster:<id>:keys     key of a row -> "case:upload:row"
--   {r}:roster:<id>:rows     sorted set by row: "row|case" of the last upload
--   {r}:roster:<id>:refused  sorted set by row: "row|field|remedy"
--   {r}:roster:<id>:wait     list: sealed rows that are no cases yet; gone when all are
--   {r}:rosters              sorted set: rosters with waiting rows, by time
local ROSTER = { ARGS = 3 + INTAKE_ARGS, ROWS_MAX = 10000, KEEP_S = 31622400, PARTS = { 'keys', 'rows', 'refused' } }

function ROSTER.keys(P, id)
  if not string.match(id, '^[%w-]+$') or #id > 64 then
    error({ err = 'bad-input roster' })
  end
  local base = P .. ':roster:' .. id
  return { base = base, keys = base .. ':keys', rows = base .. ':rows', refused = base .. ':refused',
    wait = base .. ':wait', all = P .. ':rosters' }
end

function ROSTER.check(k)
  expect('hash', k.base, k.keys)
  expect('zset', k.rows, k.refused, k.all)
  expect('list', k.wait)
end

-- Arguments: id, township, actor, at ms, event tail. Answers {"ok", number of the upload} or {"conflict"}: it is
-- another township's.
function ROSTER.begin(keys, args)
  args_check(args, 5, 5)
  local P, k = keys[1], ROSTER.keys(keys[1], args[1])
  local at = int(whole(args[4], 1, EXACT_MAX, 'at_ms'))
  ROSTER.check(k)
  expect('stream', P .. ':events')
  local row = redis.call('HMGET', k.base, 't', 'up')
  if row[1] and row[1] ~= ACT.code(args[2], 'township') then
    return { 'conflict' }
  end
  local up = int(tonumber(row[2] or '0') + 1)
  redis.call('XADD', P .. ':events', '*', 'roster:' .. args[1], '{"verb":"roster",' .. args[5] .. ',"upload":' .. up ..
    '}')
  redis.call('HSET', k.base, 't', args[2], 'by', args[3], 'at', at, 'up', up, 'n', '0', 'done', '0')
  redis.call('DEL', k.rows, k.refused)
  return { 'ok', up }
end

-- Arguments: id, number of the upload, then per row (1..64): row, key, fault ("" or "field|remedy") and the arguments
-- of intake ("" each with a fault). Answers "ok", or "superseded": another upload has begun.
function ROSTER.add(keys, args)
  local k = ROSTER.keys(keys[1], args[1])
  if (#args - 2) % ROSTER.ARGS ~= 0 or #args < 3 or #args > 2 + 64 * ROSTER.ARGS then
    error({ err = 'bad-input rows' })
  end
  ROSTER.check(k)
  if redis.call('HGET', k.base, 'up') ~= args[2] then
    return 'superseded'
  end
  local names, rows, refused, known, wait, seen = {}, {}, {}, {}, {}, {}
  for at = 3, #args, ROSTER.ARGS do
    whole(args[at], 1, ROSTER.ROWS_MAX, 'row')
    push(names, args[at + 1] == '' and '-' or args[at + 1])
    if args[at + 2] == '' then -- what intake would only find out when it is too late
      whole(args[at + 6], 0, EXACT_MAX, 'received_ms')
      score_check(args[at + 11])
      ACT.code(args[at + 3], 'case')
      ACT.plain(args[at + 1], 'key')
      if args[at + 13] ~= '' then
        PEOPLE.parse(args[at + 13])
      end
    end
  end
  local found = redis.call('HMGET', k.keys, unpack(names))
  local n = 0
  for at = 3, #args, ROSTER.ARGS do
    n = n + 1
    local row, key, fault = args[at], args[at + 1], args[at + 2]
    local no, up, first = string.match(seen[key] or found[n] or '', '^(%d+):(%d+):(%d+)$')
    if fault == '' and no and up == args[2] and first ~= row then
      fault = 'id_number|与第 ' .. first .. ' 行是同一人，请删去一行。'
    end
    if fault ~= '' then
      push(refused, row, row .. '|' .. fault)
    else
      if not no then
        no = args[at + 3]
        push(wait, cmsgpack.pack({ key, unpack(args, at + 3, at + ROSTER.ARGS - 1) }))
      end
      seen[key] = no .. ':' .. args[2] .. ':' .. row
      push(known, key, seen[key])
      push(rows, row, row .. '|' .. no)
    end
  end
  call('HSET', k.keys, known)
  call('ZADD', k.rows, rows)
  call('ZADD', k.refused, refused)
  call('RPUSH', k.wait, wait)
  redis.call('HINCRBY', k.base, 'n', n)
  if wait[1] then
    redis.call('ZADD', k.all, redis.call('HGET', k.base, 'at'), args[1])
  end
  return 'ok'
end

-- Arguments: id, number of the upload. Answers "ok" or "superseded".
function ROSTER.finish(keys, args)
  args_check(args, 2, 2)
  local k = ROSTER.keys(keys[1], args[1])
  ROSTER.check(k)
  if redis.call('HGET', k.base, 'up') ~= args[2] then
    return 'superseded'
  end
  redis.call('HSET', k.base, 'done', '1')
  for _, part in ipairs(ROSTER.PARTS) do
    redis.call('EXPIRE', k[part], ROSTER.KEEP_S)
  end
  redis.call('EXPIRE', k.base, ROSTER.KEEP_S)
  return 'ok'
end

-- Arguments: id, "rows", "refused" or "" (none), after row, most. Answers {} or {township, by, at ms, "1" if it was
-- sent whole, rows, accepted, refused, waiting, then "row|case" or "row|field|remedy" …}.
function ROSTER.get(keys, args)
  args_check(args, 4, 4)
  local k = ROSTER.keys(keys[1], args[1])
  local after, most = whole(args[3], 0, EXACT_MAX, 'after'), whole(args[4], 1, 1000, 'most')
  local row = redis.call('HMGET', k.base, 't', 'by', 'at', 'done', 'n')
  if not row[1] then
    return {}
  end
  local answer = { row[1], row[2], row[3], row[4], row[5], int(redis.call('ZCARD', k.rows)),
    int(redis.call('ZCARD', k.refused)), int(redis.call('LLEN', k.wait)) }
  if args[2] == 'rows' or args[2] == 'refused' then
    for _, text in ipairs(redis.call('ZRANGEBYSCORE', k[args[2]], '(' .. int(after), '+inf', 'LIMIT', 0, most)) do
      push(answer, text)
    end
  end
  return answer
end

-- A row whose number somebody else has, or whose key made another case before: the list says so.
function ROSTER.note(k, key, mine, answer)
  local no, up, row = string.match(redis.call('HGET', k.keys, key) or '', '^(%d+):(%d+):(%d+)$')
  if no ~= mine then
    return
  end
  local before = string.match(answer, '^replayed:(%d+):')
  redis.call('ZREM', k.rows, row .. '|' .. no)
  if before then
    redis.call('HSET', k.keys, key, before .. ':' .. up .. ':' .. row)
    redis.call('ZADD', k.rows, row, row .. '|' .. before)
  else
    redis.call('HDEL', k.keys, key)
    redis.call('ZADD', k.refused, row, row .. '||没有登记成功，请重新上传一次。')
  end
end

-- Up to `most` (1..64) waiting rows become cases. Answers how many. Argument: most.
function ROSTER.take(keys, args)
  args_check(args, 1, 1)
  local P, most = keys[1], whole(args[1], 1, 64, 'most')
  local id = redis.call('ZRANGE', P .. ':rosters', 0, 0)[1]
  if not id then
    return 0
  end
  local k = ROSTER.keys(P, id)
  ROSTER.check(k)
  local rows, list = {}, {}
  for _, text in ipairs(redis.call('LRANGE', k.wait, 0, most - 1)) do
    local row = cmsgpack.unpack(text)
    push(rows, row)
    for i = 2, #row do
      push(list, row[i])
    end
  end
  if rows[1] then
    local answers = intake(keys, list)
    redis.call('LTRIM', k.wait, #rows, -1)
    for i, answer in ipairs(answers) do
      if answer ~= 'created' then
        ROSTER.note(k, rows[i][1], rows[i][2], answer)
      end
    end
  end
  if #rows < most or redis.call('EXISTS', k.wait) == 0 then
    redis.call('ZREM', k.all, id)
  end
  return #rows
end

redis.register_function('jiuji_roster_begin', ROSTER.begin)
redis.register_function('jiuji_roster_add', ROSTER.add)
redis.register_function('jiuji_roster_finish', ROSTER.finish)
redis.register_function{ function_name = 'jiuji_roster_get', callback = ROSTER.get, flags = { 'no-writes' } }
redis.register_function('jiuji_roster_take', ROSTER.take)
