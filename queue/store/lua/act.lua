-- Acting on a case: one function for every verb a person says. What a verb is stands in VERBS; the files
-- behind this one fill it. The moves themselves stand in MOVES, made from C.
--
--   extras   least number of arguments behind the common ones (0)
--   claim    who says it must hold the case
--   decides  it decides about relief: who has declared a relative, or is on record as one, stands back
--   apart    fields of the case (mk, hd …) whose people may not say it: four eyes
--   stops    clocks that end with it (clocks.lua)
--   instead  function(case, x): another verb that is meant, or nil
--   check    function(case, x, who, now, batch): a refusal or nil; reads only
--   plan     function(batch, case, x, who, now, say): what it does besides; must call say(more, postings)
--            once, which writes the event (more: JSON members behind the tail), before it moves the case to
--            another inbox. Without a plan the event is all there is. A word that it answers is a refusal
--            that has left a trace.
--
-- x are the arguments behind the common ones. A verb that is not here, or has machine = true, is not
-- said by anybody.
local BY_MACHINE = { machine = true }
local VERBS = {
  ['receive'] = BY_MACHINE,
  ['triage'] = BY_MACHINE,
  ['paid'] = BY_MACHINE,
  ['pay-failed'] = BY_MACHINE,
  ['pay-returned'] = BY_MACHINE,
  ['papers-overdue'] = BY_MACHINE,
  ['cascade'] = BY_MACHINE,
  ['claim'] = BY_MACHINE,
  ['publicity-end'] = BY_MACHINE,
  ['paid-part'] = BY_MACHINE,
  ['instalment'] = BY_MACHINE,
  ['recovered'] = BY_MACHINE,
  ['warn'] = BY_MACHINE,
  ['escalate'] = BY_MACHINE,
  ['note'] = {},
}

local ACT = {}

-- The number in x[i], or the refusal to go on.
function ACT.fen(x, i)
  return amount(x[i] or '')
end

function ACT.code(text, what)
  if not string.match(text or '', '^%d+$') then
    error({ err = 'bad-input ' .. what })
  end
  return text
end

-- Words that stand between bars and commas in a field.
function ACT.plain(text, what)
  if not string.match(text or '', '^[%w:._%-]+$') then
    error({ err = 'bad-input ' .. what })
  end
  return text
end

function ACT.number(text)
  return tonumber(text ~= '' and text or '0')
end

-- May `who` decide on this case at all? {r}:relatives:<person> is a set of actors on record as relatives.
function ACT.stands_back(case, who, batch)
  if string.find(case.rl, ',' .. who .. ',', 1, true) then
    return true
  end
  local key = batch.P .. ':relatives:' .. case.h
  return redis.call('EXISTS', key) == 1 and redis.call('SISMEMBER', key, who) == 1
end

function ACT.refusal(batch, case, verb, spec, x, r)
  if r.scope ~= '' and case.t ~= r.scope and case.o ~= r.scope then
    return 'not-found'
  end
  if r.version ~= '' and case.v ~= tonumber(r.version) then
    return 'version'
  end
  if spec.machine or not move(verb, case.s) then
    return 'move:' .. case.s
  end
  if spec.claim then
    local token, till, who = claim_parse(case.cl)
    if token ~= r.claim or who ~= r.actor or till <= r.now then
      return 'stale'
    end
  end
  for _, field in ipairs(spec.apart or {}) do
    if same_person(case[field], r.actor) then
      return 'same-person'
    end
  end
  if spec.decides and ACT.stands_back(case, r.actor, batch) then
    return 'recused'
  end
  return spec.check and spec.check(case, x, r.actor, r.now, batch)
end

-- Arguments: no, verb, actor, claim number, version wanted ("" any), scope (township the actor is bound
-- to, "" none), event tail, idempotency key hash, fingerprint, notify payload, clocks that start with it
-- ("review=due/warn;…", "" none), then extras of the verb ("first-aid": AID_ARGS). Answers {"ok", version},
-- {"replayed", version} or {refusal}.
function ACT.act(keys, args)
  args_check(args, 11, 11 + AID_ARGS)
  local P, no, verb = keys[1], args[1], args[2]
  local r = { actor = args[3], claim = args[4], version = args[5], scope = args[6], now = now_ms() }
  local batch = batch_new(P)
  batch.now = r.now
  batch_check(batch)
  local idem = P .. ':idem:' .. args[8]
  local record = redis.call('GET', idem)
  if record then
    local part = split(record, '|')
    return part[1] == args[9] and { 'replayed', part[2] } or { 'key-reused' }
  end
  local case = case_read(P, no)
  if not case then
    return { 'not-found' }
  end
  local x = {}
  for i = 12, #args do
    push(x, args[i])
  end
  local spec = VERBS[verb] or { machine = true }
  if spec.instead then
    verb = spec.instead(case, x) or verb
    spec = VERBS[verb]
  end
  args_check(x, spec.extras or 0, AID_ARGS)
  local refusal = ACT.refusal(batch, case, verb, spec, x, r)
  if refusal then
    return { refusal }
  end
  local said = false
  local function say(more, postings)
    case_event(batch, case, verb, move(verb, case.s), more and args[7] .. more or args[7], postings)
    said = true
  end
  local word = nil -- a refusal that leaves a trace: it is no answer to repeat
  if spec.plan then
    word = spec.plan(batch, case, x, r.actor, r.now, say, args[7])
  else
    say()
  end
  assert(said or spec.silent, verb)
  for _, kind in ipairs(spec.stops or {}) do
    clock_stop(batch, case, kind)
  end
  clocks_start(batch, case, args[11])
  if word then
    batch_write(batch)
    return { word }
  end
  if args[10] ~= '' then
    job_add(batch, 'notify', no .. ':' .. int(case.v), int(r.now), args[10])
  end
  batch_write(batch)
  redis.call('SET', idem, args[9] .. '|' .. int(case.v), 'EX', 172800)
  return { 'ok', int(case.v) }
end

redis.register_function('jiuji_act', ACT.act)
