-- Commit of the route stage: where the case goes and what was decided, with the first-aid envelope where the rules allow it.

-- Arguments: token, then per case: no, version, verb ("dispatch" or "triage"), township (whose inbox; the region's code is
-- the duty desk), inbox score, urgency, routing JSON, decision JSON, event tail, accept-by ms ("" none), notify payload,
-- "1" if a first-aid order follows, and AID_ARGS arguments ("" each if none).
-- Answers per case: "ok", "stale", "version", "move", "funds:…", "cap:…". What is refused has changed nothing, its job is
-- still leased; what is "ok" has its route job done.
local DECIDE_ARGS = 12 + AID_ARGS

local function decide_one(batch, args, at)
  local case = batch_case(batch, args[at])
  if not case or case.v ~= tonumber(args[at + 1]) then
    return 'version'
  end
  local verb, township = args[at + 2], args[at + 3]
  local to = move(verb, case.s)
  if not to then
    return 'move'
  end
  local aid = args[at + 11] == '1' and aid_parse(args, at + 12) or nil
  local before = case.t
  case.t = township
  if not aid then -- aid_refusal reads the person's record, which shows its type as well
    expect('hash', batch.P .. ':person:' .. case.h)
  end
  local refusal = aid and aid_refusal(batch, case, aid)
  if refusal then
    case.t = before
    return refusal
  end
  case_set(case, 't', township)
  case_set(case, 'u', args[at + 5])
  case_set(case, 'rt', args[at + 6])
  case_set(case, 'd', args[at + 7])
  case_event(batch, case, verb, to, args[at + 8])
  inbox_move(batch, case, township, args[at + 4])
  local index = batch.index[case.h] or {}
  push(index, 'c:' .. case.no, '')
  batch.index[case.h] = index
  if args[at + 10] ~= '' then
    job_add(batch, 'notify', case.no .. ':' .. int(case.v), args[at + 4], args[at + 10])
  end
  if aid then
    aid_plan(batch, case, aid)
  elseif args[at + 9] ~= '' then
    push(batch.timers, args[at + 9], 'accept:' .. case.no)
  end
  return 'ok'
end

local function decide(keys, args)
  local P, token = keys[1], args[1]
  local batch = batch_new(P)
  if (#args - 1) % DECIDE_ARGS ~= 0 or #args == 1 or #args > 1 + 64 * DECIDE_ARGS then
    error({ err = 'bad-input decide' })
  end
  batch_check(batch)
  local ids = {}
  for at = 2, #args, DECIDE_ARGS do
    push(ids, args[at])
  end
  local held = held_by(P, 'route', token, ids)
  local answers, done = {}, {}
  for at = 2, #args, DECIDE_ARGS do
    local answer = held[args[at]] and decide_one(batch, args, at) or 'stale'
    push(answers, answer)
    if answer == 'ok' then
      push(done, args[at])
    end
  end
  batch_write(batch)
  jobs_done(P, 'route', done)
  return answers
end

redis.register_function('jiuji_decide', decide)
