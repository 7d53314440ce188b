-- People beside the case: households (caps count per household), the relatives register (近亲属备案), what somebody
-- has had.
--
-- {r}:household:<id>: y figures of the year as a person's, op cases of late (links.lua), p:<hash> its members, rl how
-- many of them are on the relatives register. The id is the number of the case that made it, or "k" and the keyed
-- hash of the household's own number.
local PEOPLE = { MEMBERS_MAX = 20, RELATIVES_MAX = 100, SHOWN_MAX = 1000, CASES_SHOWN_MAX = 100, OWNERS_MAX = 4,
  ACCOUNTS_MAX = 50000 }

-- Two texts of figures as one: of the later year, sums where both are of it. minus: takes b off instead.
function PEOPLE.sum(a, b, minus)
  local latest = '0000'
  for _, text in ipairs({ a or '', b or '' }) do
    local year = string.match(text, '^%d+')
    latest = year and year > latest and year or latest
  end
  if latest == '0000' then
    return ''
  end
  if minus and string.sub(b, 1, 4) ~= string.sub(a, 1, 4) then
    return a
  end
  local x, y, sign = figures_of('', a or '', latest), figures_of('', b or '', latest), minus and -1 or 1
  for _, name in ipairs({ 'paid', 'times', 'small' }) do
    x[name] = math.max(0, x[name] + sign * y[name])
  end
  for cause, n in pairs(y.causes) do
    x.causes[cause] = math.max(0, (x.causes[cause] or 0) + sign * n)
  end
  return person_text(x)
end

function PEOPLE.lately(a, b)
  local text = a or ''
  for _, e in ipairs(LINKS.entries(b)) do
    text = LINKS.keep(text, e)
  end
  return text
end

-- Everybody of another household into this one; the other is gone.
function PEOPLE.swallow(P, house, other)
  local row = redis.call('HGETALL', P .. ':household:' .. other)
  for i = 1, #row, 2 do
    local hash = string.match(row[i], '^p:(%x+)$')
    if hash then
      push(house.members, hash)
    elseif row[i] == 'y' then
      house.y = PEOPLE.sum(house.y, row[i + 1])
    elseif row[i] == 'op' then
      house.op = PEOPLE.lately(house.op, row[i + 1])
    elseif row[i] == 'rl' then
      house.rl = house.rl + tonumber(row[i + 1])
    end
  end
  push(house.gone, P .. ':household:' .. other)
end

-- These people are one household from now on: histories are added up. key: its own number ("" none), fresh: the id of
-- a new one. Nothing happens when it would get too large. Reads everything, then writes.
function PEOPLE.join(P, key, hashes, fresh)
  local rows, id, seen = {}, key, {}
  for _, hash in ipairs(hashes) do
    local row = redis.call('HMGET', P .. ':person:' .. hash, 'y', 'hh', 'op', 'rl', 'hx')
    push(rows, { hash = hash, y = row[1] or '', hh = row[2] or '', op = row[3] or '', rl = row[4], hx = row[5] or '' })
    id = id == '' and row[2] or id
  end
  id = id == '' and fresh or id
  local place = P .. ':household:' .. id
  local row = redis.call('HMGET', place, 'y', 'op', 'rl')
  local house = { y = row[1] or '', op = row[2] or '', rl = tonumber(row[3] or '0'), members = {}, gone = {} }
  for _, r in ipairs(rows) do
    if r.hh == '' then
      push(house.members, r.hash)
      local left, y = string.match(r.hx, '^(%w+)|(.*)$')
      house.y = PEOPLE.sum(house.y, left == id and PEOPLE.sum(r.y, y, true) or r.y)
      house.op = PEOPLE.lately(house.op, r.op)
      house.rl = house.rl + (r.rl == '1' and 1 or 0)
    elseif r.hh ~= id and not seen[r.hh] then
      seen[r.hh] = true
      PEOPLE.swallow(P, house, r.hh)
    end
  end
  local there = 0
  for _, name in ipairs(redis.call('HKEYS', place)) do
    there = there + (string.sub(name, 1, 2) == 'p:' and 1 or 0)
  end
  if there + #house.members > PEOPLE.MEMBERS_MAX or (there + #house.members < 2 and key == '') then
    return false
  end
  local list = { 'y', house.y, 'op', house.op, 'rl', int(house.rl) }
  for _, hash in ipairs(house.members) do
    push(list, 'p:' .. hash, '1')
    redis.call('HSET', P .. ':person:' .. hash, 'hh', id)
    redis.call('HDEL', P .. ':person:' .. hash, 'hx')
  end
  redis.call('HSET', place, unpack(list))
  for _, other in ipairs(house.gone) do
    redis.call('DEL', other)
  end
  return true
end

-- What a ticket says of people: "key|hash,hash,…|actor", "" nothing; behind it "|call" it was made from (calls.lua) and
-- "|o" for the list of open311.lua. Checked before the first write.
function PEOPLE.parse(text)
  local key, hashes, actor, call, list = string.match(text, '^(%w*)|([%x,]*)|([%w:._%-\128-\255]*)|?(%x*)|?(o?)$')
  if not key then
    error({ err = 'bad-input people' })
  end
  local others = {}
  for hash in string.gmatch(hashes, '%x+') do
    push(others, hash)
  end
  if #others >= PEOPLE.MEMBERS_MAX then
    error({ err = 'bad-input household' })
  end
  return { key = key, hashes = others, actor = actor, call = call, listed = list }
end

-- Arguments: person hash, event tail. Answers "ok" or "none". The figures stay with both: leaving gives no caps back.
function PEOPLE.leave(keys, args)
  args_check(args, 2, 2)
  local P, person = keys[1], keys[1] .. ':person:' .. args[1]
  expect('stream', P .. ':events')
  local row = redis.call('HMGET', person, 'y', 'hh', 'rl')
  local id = row[2] or ''
  if id == '' then
    return 'none'
  end
  local place = P .. ':household:' .. id
  local house = redis.call('HMGET', place, 'y', 'rl')
  redis.call('XADD', P .. ':events', '*', 'household:' .. id, '{"verb":"leave-household",' .. args[2] .. '}')
  redis.call('HSET', person, 'hh', '', 'y', house[1] or '', 'hx', id .. '|' .. (house[1] or ''))
  redis.call('HDEL', place, 'p:' .. args[1])
  if row[3] == '1' then
    redis.call('HSET', place, 'rl', int(math.max(0, tonumber(house[2] or '0') - 1)))
  end
  return 'ok'
end

-- ---- Relatives ----

-- {r}:relatives:<person> is the set that act.lua asks, {r}:relatives the list of all, "actor=person". Arguments:
-- person hash, actor, "1" add or "0" take off, event tail. Answers "ok" or "same".
function PEOPLE.relative(keys, args)
  args_check(args, 4, 4)
  local P, hash, actor, add = keys[1], args[1], args[2], args[3] == '1'
  local set, all, person = P .. ':relatives:' .. hash, P .. ':relatives', P .. ':person:' .. hash
  if not string.match(hash, '^%x+$') or not string.match(actor, '^%a+:[^=,|]+$') then
    error({ err = 'bad-input relative' })
  end
  expect('set', set, all)
  expect('stream', P .. ':events')
  local row = redis.call('HMGET', person, 'rl', 'hh')
  if (redis.call('SISMEMBER', set, actor) == 1) == add then
    return 'same'
  end
  local n = redis.call('SCARD', set)
  if add and n >= PEOPLE.RELATIVES_MAX then
    error({ err = 'bad-input too many' })
  end
  local house, was, is = P .. ':household:' .. (row[2] or ''), row[1] == '1', add or n > 1
  local count = (row[2] or '') ~= '' and tonumber(redis.call('HGET', house, 'rl') or '0')
  redis.call('XADD', P .. ':events', '*', 'relatives', '{"verb":"' .. (add and 'relative-add' or 'relative-remove') ..
    '","of":' .. cjson.encode(actor) .. ',' .. args[4] .. '}')
  redis.call(add and 'SADD' or 'SREM', set, actor)
  redis.call(add and 'SADD' or 'SREM', all, actor .. '=' .. hash)
  redis.call('HSET', person, 'rl', is and '1' or '')
  if count and was ~= is then
    redis.call('HSET', house, 'rl', int(math.max(0, count + (is and 1 or -1))))
  end
  return 'ok'
end

-- Argument: actor ("" = all). Answers {actor, person hash, …}, in order, at most SHOWN_MAX pairs.
function PEOPLE.relatives(keys, args)
  args_check(args, 1, 1)
  local list, answer = redis.call('SMEMBERS', keys[1] .. ':relatives'), {}
  table.sort(list)
  for _, text in ipairs(list) do
    local actor, hash = string.match(text, '^(.*)=(%x+)$')
    if actor and (args[1] == '' or args[1] == actor) and #answer < 2 * PEOPLE.SHOWN_MAX then
      push(answer, actor, hash)
    end
  end
  return answer
end

-- ---- Officers' own accounts ----

-- {r}:oaccounts: keyed hash of an account's number -> whose it is, "officer:a,officer:b".

function PEOPLE.actor(text)
  if not string.match(text, '^%a+:[^=,|%c]+$') then
    error({ err = 'bad-input actor' })
  end
  return text
end

-- The owners with this one, or without him; the very text when it is so already.
function PEOPLE.owners(text, actor, add)
  local list, there = {}, false
  for who in string.gmatch(text, '[^,]+') do
    there = there or who == actor
    if who ~= actor then
      push(list, who)
    end
  end
  if add == there then
    return text, #list
  end
  if add then
    push(list, actor)
  end
  return table.concat(list, ','), #list
end

-- Arguments: hash of the account ("" with "0": all of his), actor, "1" add or "0" take off, who does it, event tail.
-- Answers "ok", "same", "same-person" (nobody takes his own off) or "full".
function PEOPLE.account(keys, args)
  args_check(args, 5, 5)
  local P, hash, actor, add = keys[1], args[1], PEOPLE.actor(args[2]), args[3] == '1'
  local key, plan = P .. ':oaccounts', {}
  if not string.match(hash, '^%x*$') or (hash == '' and add) or (hash ~= '' and #hash ~= 32) then
    error({ err = 'bad-input account' })
  end
  expect('hash', key)
  expect('stream', P .. ':events')
  if not add and same_person(actor, args[4]) then
    return 'same-person'
  end
  local rows = hash ~= '' and { hash, redis.call('HGET', key, hash) or '' } or redis.call('HGETALL', key)
  for i = 1, #rows, 2 do
    local text, n = PEOPLE.owners(rows[i + 1], actor, add)
    if add and n > PEOPLE.OWNERS_MAX then
      return 'full'
    elseif text ~= rows[i + 1] then
      push(plan, { hash = rows[i], text = text })
    end
  end
  if not plan[1] then
    return 'same'
  elseif add and rows[2] == '' and redis.call('HLEN', key) >= PEOPLE.ACCOUNTS_MAX then
    return 'full'
  end
  redis.call('XADD', P .. ':events', '*', 'officer-accounts', '{"verb":"' ..
    (add and 'officer-account-add' or 'officer-account-remove') .. '","of":' .. cjson.encode(actor) .. ',"accounts":' ..
    int(#plan) .. ',' .. args[5] .. '}')
  for _, p in ipairs(plan) do
    if p.text == '' then
      redis.call('HDEL', key, p.hash)
    else
      redis.call('HSET', key, p.hash, p.text)
    end
  end
  return 'ok'
end

-- Argument: actor ("" = all). Answers {actor, hash of the account, …}, in order, at most SHOWN_MAX pairs.
function PEOPLE.accounts(keys, args)
  args_check(args, 1, 1)
  local rows, list, answer = redis.call('HGETALL', keys[1] .. ':oaccounts'), {}, {}
  for i = 1, #rows, 2 do
    for who in string.gmatch(rows[i + 1], '[^,]+') do
      if args[1] == '' or args[1] == who then
        push(list, who .. '=' .. rows[i])
      end
    end
  end
  table.sort(list)
  for i = 1, math.min(#list, PEOPLE.SHOWN_MAX) do
    local actor, hash = string.match(list[i], '^(.*)=(%x+)$')
    push(answer, actor, hash)
  end
  return answer
end

-- Whose own these accounts are: hash -> "officer:a,…". One read, none when there is nothing to ask.
function PEOPLE.owners_of(P, hashes)
  local set, found = {}, hashes[1] and redis.call('HMGET', P .. ':oaccounts', unpack(hashes)) or {}
  for i, hash in ipairs(hashes) do
    set[hash] = found[i] or nil
  end
  return set
end

-- ---- What somebody has had ----

-- What was approved for one person, behind `list`: {no, at ms, fen, cause, township, own}.
function PEOPLE.approved(P, hash, own, list)
  local row = redis.call('HGETALL', P .. ':person:' .. hash)
  for i = 1, #row, 2 do
    local no = string.match(row[i], '^c:(%d+)$')
    local at, fen, cause, town = string.match(no and row[i + 1] or '', '^(%d+)|(%d+)|([%w_]+)|(%d*)$')
    if at then
      push(list, { no = no, at = at, fen = fen, cause = cause, town = town, own = own })
    end
  end
end

-- Argument: case number. Answers {} or {township, inboxes, person's figures, household's figures, then per case no, at
-- ms, fen, cause, township, "1" if it is the person's own}, newest first.
function PEOPLE.history(keys, args)
  args_check(args, 1, 1)
  local P = keys[1]
  local row = redis.call('HMGET', case_key(P, args[1]), 's', 't', 'o', 'q', 'h')
  if not row[1] then
    return {}
  end
  local second = cascade_parse(row[4] or '')
  local mine = redis.call('HMGET', P .. ':person:' .. (row[5] or ''), 'y', 'hh')
  local place = P .. ':household:' .. (mine[2] or '')
  local list = {}
  PEOPLE.approved(P, row[5] or '', '1', list)
  for _, name in ipairs((mine[2] or '') ~= '' and redis.call('HKEYS', place) or {}) do
    local hash = string.match(name, '^p:(%x+)$')
    if hash and hash ~= row[5] then
      PEOPLE.approved(P, hash, '0', list)
    end
  end
  table.sort(list, function(a, b)
    return tonumber(a.at) > tonumber(b.at) or (a.at == b.at and a.no > b.no)
  end)
  local answer = { row[2] or '', (row[3] or '') .. (second ~= '' and ',' .. second or ''), mine[1] or '',
    (mine[2] or '') ~= '' and redis.call('HGET', place, 'y') or '' }
  for i = 1, math.min(#list, PEOPLE.CASES_SHOWN_MAX) do
    local c = list[i]
    push(answer, c.no, c.at, c.fen, c.cause, c.town, c.own)
  end
  return answer
end

-- ---- Spot checks (抽查) ----

-- {r}:spotchecks is a sorted set: due ms, case. Arguments: after ms, most. Answers {how many there are, then per case
-- no, due ms, state, township, maker, handler}.
function PEOPLE.spot_checks(keys, args)
  args_check(args, 2, 2)
  local P = keys[1]
  local after, most = whole(args[1], 0, EXACT_MAX, 'after'), whole(args[2], 1, 200, 'most')
  local key = P .. ':spotchecks'
  local answer = { int(redis.call('ZCARD', key)) }
  local rows = redis.call('ZRANGEBYSCORE', key, '(' .. int(after), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #rows, 2 do
    local row = redis.call('HMGET', case_key(P, rows[i]), 's', 't', 'mk', 'hd')
    push(answer, rows[i], rows[i + 1], row[1] or '', row[2] or '')
    push(answer, row[3] or '', row[4] or '')
  end
  return answer
end

-- For the route stage, one read for its batch. Arguments: years (LINKS.read), then per case: no, links text
-- (LINKS.parse), person's cases of late, household, its cases of late, hash of the account's number ("" none). Answers
-- per case {others with this account, open cases that may be the same one, their numbers with commas, the officers
-- whose own the account is}.
function PEOPLE.alike(keys, args)
  local P, answer, queries, accounts = keys[1], {}, {}, {}
  if #args < 7 or #args > 1 + 64 * 6 or (#args - 1) % 6 ~= 0 then
    error({ err = 'bad-input alike' })
  end
  for at = 2, #args, 6 do
    push(queries, LINKS.parse(args[at], args[at + 1]))
    push(accounts, args[at + 5] ~= '' and args[at + 5] or nil)
  end
  local texts, owners = LINKS.read(P, args[1], queries), PEOPLE.owners_of(P, accounts)
  for i, q in ipairs(queries) do
    local at = 2 + 6 * (i - 1)
    local found, others = LINKS.find(P, q, texts, args[at + 2], args[at + 3], args[at + 4])
    local open = LINKS.open(found, '', function(no)
      return redis.call('HGET', case_key(P, no), 's')
    end)
    answer[i] = { int(others), int(#open), table.concat(open, ','), owners[args[at + 5]] or '' }
  end
  return answer
end

redis.register_function('jiuji_household_leave', PEOPLE.leave)
redis.register_function('jiuji_relative', PEOPLE.relative)
redis.register_function{ function_name = 'jiuji_relatives', callback = PEOPLE.relatives, flags = { 'no-writes' } }
redis.register_function('jiuji_officer_account', PEOPLE.account)
redis.register_function{ function_name = 'jiuji_officer_accounts', callback = PEOPLE.accounts, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_history', callback = PEOPLE.history, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_spot_checks', callback = PEOPLE.spot_checks, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_alike', callback = PEOPLE.alike, flags = { 'no-writes' } }
