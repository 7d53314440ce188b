-- Aliases of places: what people call a township and no list has. Proposed by one person, approved by
-- another; every change raises the version, which decisions record. {r}:alias is a hash: "v" the
-- version, id -> "state|word|code|proposer|approver".

local ALIASES_MAX = 1000

local function alias_parse(text)
  local state, word, code, proposer, approver = string.match(text, '^(%a+)|([^|]+)|(%d+)|([^|]+)|([^|]*)$')
  return { state = state, word = word, code = code, proposer = proposer, approver = approver }
end

local function alias_write(P, id, alias, verb, tail)
  redis.call('XADD', P .. ':events', '*', 'alias:' .. id, '{"verb":"' .. verb .. '",' .. tail .. ',"code":"' ..
      alias.code ..
    '"}')
  redis.call('HSET', P .. ':alias', id, alias.state .. '|' .. alias.word .. '|' .. alias.code .. '|' ..
      alias.proposer .. '|' ..
    alias.approver)
  return redis.call('HINCRBY', P .. ':alias', 'v', 1)
end

-- Arguments: word, township code, proposer, event tail. Answers {"ok", id} or {"full"}.
local function alias_propose(keys, args)
  local P = keys[1]
  expect('hash', P .. ':alias')
  expect('stream', P .. ':events')
  if #args ~= 4 or not alias_parse('proposed|' .. args[1] .. '|' .. args[2] .. '|' .. args[3] .. '|') .state then
    error({ err = 'bad-input alias' })
  end
  if redis.call('HLEN', P .. ':alias') > ALIASES_MAX then
    return { 'full' }
  end
  local id = int(tonumber(redis.call('HGET', P .. ':alias', 'last') or '0') + 1)
  alias_write(P, id, { state = 'proposed', word = args[1], code = args[2], proposer = args[3], approver = '' },
      'alias-propose',
    args[4])
  redis.call('HSET', P .. ':alias', 'last', id)
  return { 'ok', id }
end

-- Arguments: id, "approved" or "reverted", who, event tail. Answers {"ok", version} or {"not-found"},
-- {"same-person"}, {"state"}.
local function alias_set(keys, args)
  local P, id, to, who = keys[1], args[1], args[2], args[3]
  expect('hash', P .. ':alias')
  expect('stream', P .. ':events')
  local text = string.match(id or '', '^%d+$') and redis.call('HGET', P .. ':alias', id)
  if not text then
    return { 'not-found' }
  end
  local alias = alias_parse(text)
  if to == 'approved' then
    if alias.state ~= 'proposed' then
      return { 'state' }
    end
    if alias.proposer == who then
      return { 'same-person' }
    end
    alias.approver = who
  elseif to ~= 'reverted' or alias.state == 'reverted' then
    return { 'state' }
  end
  alias.state = to
  return { 'ok', int(alias_write(P, id, alias, to == 'approved' and 'alias-approve' or 'alias-revert', args[4])) }
end

-- Answers {version, id, text, id, text, …}.
local function alias_list(keys)
  local rows = redis.call('HGETALL', keys[1] .. ':alias')
  local answer = { '0' }
  for i = 1, #rows, 2 do
    if rows[i] == 'v' then
      answer[1] = rows[i + 1]
    elseif rows[i] ~= 'last' then
      push(answer, rows[i], rows[i + 1])
    end
  end
  return answer
end

redis.register_function('jiuji_alias_propose', alias_propose)
redis.register_function('jiuji_alias_set', alias_set)
redis.register_function{ function_name = 'jiuji_alias_list', callback = alias_list, flags = { 'no-writes' } }
