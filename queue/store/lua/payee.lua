-- Payee check (收款人核验): what the store knows of who is to be paid, for queue/domain/payee.h, and what a person has
-- said to it. Field pf of a case: "finding,finding|who has confirmed them|ms"; "" confirmed by nobody.
local PAYEE = { EARLIER_MAX = 20, LAST = { SUCCEEDED = 'S', FAILED = 'F', RETURNED = 'F' } }

-- What became of a case's payments: "S" one arrived and stayed, "F" the last one did not arrive, nil: none is final.
function PAYEE.outcome(P, no, pn)
  local names, last = {}, nil
  for i = 1, tonumber(pn or '') or 0 do
    names[i] = 'm' .. i
  end
  for _, text in ipairs(names[1] and redis.call('HMGET', case_key(P, no), unpack(names)) or {}) do
    local now = text and PAYEE.LAST[string.match(text, '^%u+') or '']
    if now == 'S' then
      return 'S'
    end
    last = now or last
  end
  return last
end

-- The cases of these people that something was approved for (their money may have arrived), and those that name the
-- account, newest first: the account's own list keeps only the newest case of each person.
function PAYEE.earlier(P, case, hash, entries)
  local list, seen, people = {}, { [case] = true }, { hash }
  local function add(no, at)
    if not seen[no] then
      seen[no] = true
      push(list, { no = no, at = at })
    end
  end
  for _, e in ipairs(entries) do
    add(e.no, e.day * 86400000)
    push(people, redis.call('HGET', case_key(P, e.no), 'h') or nil)
  end
  for i, who in ipairs(people) do
    local row = (i == 1 or who ~= hash) and redis.call('HGETALL', P .. ':person:' .. who) or {}
    for k = 1, #row, 2 do
      local no = string.match(row[k], '^c:(%d+)$')
      if no then
        add(no, tonumber(string.match(row[k + 1], '^(%d+)|') or '0'))
      end
    end
  end
  table.sort(list, function(a, b)
    return a.at > b.at or (a.at == b.at and a.no > b.no)
  end)
  return list
end

-- Arguments: case, account (16 digits of its keyed hash, "" none), years of the index (LINKS.read), idempotency key
-- hash, keyed hash of the person's telephone, hash of the account's number ("" none), who asks. Answers {} or {how many
-- other people use the account, "1" the person is on the relatives register, "1" somebody who is uses the account, pf,
-- "1" the key has been used: what was done then is answered again, "1" the telephone is an officer's, the officers
-- whose own the account is, "1" who asks is one of them, "1" not all of them stand back yet, then per earlier case:
-- sealed personal data, its key, "S" or "F", number}.
function PAYEE.look(keys, args)
  args_check(args, 7, 7)
  local P, no, account = keys[1], args[1], args[2]
  local row = redis.call('HMGET', case_key(P, no), 'h', 'pf', 'rl')
  local hash = row[1]
  if not hash then
    return {}
  end
  if not string.match(account, '^%x*$') then
    error({ err = 'bad-input account' })
  end
  local field = account ~= '' and 'a' .. account or nil
  local entries = LINKS.entries(field and LINKS.read(P, args[3], { { account = field } })[field])
  local members = LINKS.members(P, redis.call('HGET', P .. ':person:' .. hash, 'hh') or '')
  local me, others, count, register = string.sub(hash, 1, 16), {}, 0, nil
  local relative = redis.call('SCARD', P .. ':relatives:' .. hash) > 0 and '1' or '0'
  local account_relative = '0'
  for _, e in ipairs(entries) do
    local who = string.sub(e.who, 2)
    if who ~= me and not members[who] and not others[who] then
      others[who] = true
      count = count + 1
    end
    if who ~= me and account_relative == '0' then
      if not register then
        register = {}
        for _, text in ipairs(redis.call('SMEMBERS', P .. ':relatives')) do
          register[string.sub(string.match(text, '=(%x+)$') or '', 1, 16)] = true
        end
      end
      account_relative = register[who] and '1' or '0'
    end
  end
  local answer = { int(count), relative, account_relative, row[2] or '',
    int(args[4] ~= '' and redis.call('EXISTS', P .. ':idem:' .. args[4]) or 0),
    int(args[5] ~= '' and redis.call('EXISTS', P .. ':ophone:' .. args[5]) or 0) }
  local owners, own = args[6] ~= '' and redis.call('HGET', P .. ':oaccounts', args[6]) or '', false
  for who in string.gmatch(owners, '[^,]+') do
    own = own or same_person(who, args[7])
  end
  local recuse = owners ~= '' and LINKS.recused(row[3] or '', owners) ~= (row[3] or '')
  push(answer, owners, own and '1' or '0', recuse and '1' or '0')
  for _, e in ipairs(PAYEE.earlier(P, no, hash, entries)) do
    local other = #answer < 9 + 4 * PAYEE.EARLIER_MAX and redis.call('HMGET', case_key(P, e.no), 'p', 'k', 'pn')
    local outcome = other and other[1] and PAYEE.outcome(P, e.no, other[3])
    if outcome then
      push(answer, other[1], other[2] or '', outcome)
      push(answer, e.no)
    end
  end
  return answer
end

-- Arguments: case, findings, who confirmed them ("" nobody), officers whose own the account is ("" none), until when
-- the county checks the case then (ms), event tail. Kept beside the case's own event, which says the same for good: no
-- event of its own, except for the officers who stand back from now on. Answers "ok" or "none".
function PAYEE.note(keys, args)
  args_check(args, 6, 6)
  local P, key, owners, due = keys[1], case_key(keys[1], args[1]), args[4], whole(args[5], 0, EXACT_MAX, 'due')
  if not string.match(args[2], '^[%l_,]*$') or string.find(args[3], '|', 1, true) then
    error({ err = 'bad-input findings' })
  end
  local batch = batch_new(P)
  batch_check(batch)
  expect('zset', P .. ':spotchecks')
  local case = case_read(P, args[1])
  if not case then
    return 'none'
  end
  if owners ~= '' then
    local rl = LINKS.recused(case.rl, owners)
    if rl ~= case.rl and move('note', case.s) then
      case_event(batch, case, 'note', case.s, args[6] .. ',"recused":' .. cjson.encode(split(owners, ',')))
      case_set(case, 'rl', rl)
      batch_write(batch)
    end
    redis.call('ZADD', P .. ':spotchecks', 'NX', int(due), args[1])
  end
  redis.call('HSET', key, 'pf', args[2] .. '|' .. args[3] .. '|' .. int(now_ms()))
  return 'ok'
end

reads('payee_look', PAYEE.look)
redis.register_function('jiuji_payee_note', PAYEE.note)
