-- Intake: the case with its sealed data, its first event, the idempotency record and the route job, for a batch of tickets.

-- Arguments per ticket: no, idempotency key hash, fingerprint, received_ms, facts, sealed blob, person hash, wrapped key,
-- job score, event tail. Answers per ticket: "created", "replayed:<no>:<received_ms>", "key-reused" or "conflict" (the number
-- is taken, which only a wrong clock or a copied node number can bring about).
local INTAKE_ARGS = 10

local function intake(keys, args)
  local P = keys[1]
  local batch = batch_new(P)
  local answers, plan, seen, taken = {}, {}, {}, {}
  if #args == 0 or #args % INTAKE_ARGS ~= 0 or #args > 64 * INTAKE_ARGS then
    error({ err = 'bad-input intake takes 1 to 64 tickets' })
  end
  batch_check(batch)
  for at = 1, #args, INTAKE_ARGS do
    local no, idem, print = args[at], P .. ':idem:' .. args[at + 1], args[at + 2]
    local record = seen[idem] or redis.call('GET', idem)
    if record then
      local part = split(record, '|')
      push(answers, part[1] == print and 'replayed:' .. part[2] .. ':' .. part[3] or 'key-reused')
    elseif taken[no] or redis.call('EXISTS', case_key(P, no)) == 1 then
      push(answers, 'conflict')
    else
      seen[idem] = print .. '|' .. no .. '|' .. args[at + 3]
      taken[no] = true
      push(plan, { at = at, idem = idem })
      push(answers, 'created')
    end
  end
  for _, p in ipairs(plan) do
    local at = p.at
    local no = args[at]
    local case = { no = no, s = 'NONE', v = 0, ev = '', set = {} }
    case_event(batch, case, 'receive', 'RECEIVED', args[at + 9])
    case_set(case, 'f', args[at + 4])
    case_set(case, 'p', args[at + 5])
    case_set(case, 'h', args[at + 6])
    case_set(case, 'k', args[at + 7])
    job_add(batch, 'route', no, args[at + 8], '')
  end
  batch_write(batch)
  for _, p in ipairs(plan) do
    redis.call('SET', p.idem, seen[p.idem], 'EX', 172800)
  end
  return answers
end

redis.register_function('jiuji_intake', intake)
