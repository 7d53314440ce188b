-- Intake: the case with its sealed data, its first event, the idempotency record and the route job, for
-- a batch of tickets.

-- Arguments per ticket: no, idempotency key hash, fingerprint, received_ms, facts, sealed blob, person
-- hash, wrapped key, job score, event tail, who else is concerned (PEOPLE.parse, "" nobody). Answers per
-- ticket: "created", "replayed:<no>:<received_ms>", "key-reused" or "conflict" (the number is taken, which
-- only a wrong clock or a copied node number can bring about).
local INTAKE_ARGS = 11

local function intake(keys, args)
  local P = keys[1]
  local batch = batch_new(P)
  local answers, plan, people = {}, {}, {}
  if #args == 0 or #args % INTAKE_ARGS ~= 0 or #args > 64 * INTAKE_ARGS then
    error({ err = 'bad-input intake takes 1 to 64 tickets' })
  end
  for at = 1, #args, INTAKE_ARGS do
    whole(args[at + 3], 0, EXACT_MAX, 'received_ms')
    score_check(args[at + 8])
    people[at] = args[at + 10] ~= '' and PEOPLE.parse(args[at + 10]) or nil
    if people[at] and people[at].call ~= '' then
      expect('hash', P .. ':call:' .. people[at].call)
    end
    if people[at] and people[at].listed ~= '' then
      expect('zset', P .. ':open311')
    end
  end
  batch_check(batch)
  -- SET NX GET asks for the key's record and takes the key in one step; it is the first write, and
  -- behind it only damage (an idempotency key of another type) could stop us. A record whose case is
  -- not there is such a leftover: taken over.
  local taken = {}
  for at = 1, #args, INTAKE_ARGS do
    local no, print, key = args[at], args[at + 2], P .. ':idem:' .. args[at + 1]
    local mine = print .. '|' .. no .. '|' .. args[at + 3]
    local exists = taken[no] or redis.call('EXISTS', case_key(P, no)) == 1
    local record
    if exists then
      record = redis.call('GET', key)
    else
      record = redis.call('SET', key, mine, 'EX', 172800, 'NX', 'GET')
    end
    local part = record and split(record, '|')
    if part and part[1] ~= print then
      push(answers, 'key-reused')
    elseif part and (taken[part[2]] or redis.call('EXISTS', case_key(P, part[2])) == 1) then
      push(answers, 'replayed:' .. part[2] .. ':' .. part[3])
    elseif exists then
      push(answers, 'conflict')
    else
      if part then
        redis.call('SET', key, mine, 'EX', 172800)
      end
      taken[no] = true
      push(plan, at)
      push(answers, 'created')
    end
  end
  for _, at in ipairs(plan) do
    local no = args[at]
    local case = { no = no, s = 'NONE', v = 0, ev = '', set = {} }
    case_event(batch, case, 'receive', 'RECEIVED', args[at + 9])
    case_set(case, 'f', args[at + 4])
    case_set(case, 'p', args[at + 5])
    case_set(case, 'h', args[at + 6])
    case_set(case, 'k', args[at + 7])
    if people[at] and people[at].actor ~= '' then
      case_set(case, 'rl', ',' .. people[at].actor .. ',')
    end
    job_add(batch, 'route', no, args[at + 8], '')
  end
  batch_write(batch)
  for _, at in ipairs(plan) do
    if people[at] and (people[at].key ~= '' or people[at].hashes[1]) then
      push(people[at].hashes, args[at + 6])
      PEOPLE.join(P, people[at].key, people[at].hashes, args[at])
    end
    if people[at] and people[at].call ~= '' then -- nobody has to call back on it (calls.lua)
      redis.call('HSET', P .. ':call:' .. people[at].call, 'c', args[at])
      redis.call('EXPIRE', P .. ':call:' .. people[at].call, 2592000)
    end
    if people[at] and people[at].listed ~= '' then
      redis.call('ZADD', P .. ':open311', args[at + 3], args[at])
    end
  end
  return answers
end

redis.register_function('jiuji_intake', intake)
