-- Commit of the route stage: where the case goes and what was decided, with the first-aid envelope
-- where the rules allow it.

-- Arguments: token, then the cascade's limits: region code, most cases in an inbox (0 = any), "1" if
-- only townships with an officer signed in are offered work; the years of the indexes of like cases
-- (links.lua: "2026" or "2026,2025"); then per case: no, version, verb
-- ("dispatch" or "triage"), township (of the place: whose fund and rules; the region's or county's code
-- is a duty desk), inbox score, urgency, routing JSON, decision JSON, event tail, accept-by
-- (accept_times, "" none), notify payload, who to try one after the other (codes with commas, the first is the
-- township), a second inbox it is offered to ("" none), what to find its like by (LINKS.parse, "" none), "1" if a
-- first-aid order follows, and AID_ARGS arguments ("" each if none). Answers per case: "ok", "stale",
-- "version", "move", "funds:…", "cap:…", "links" (an open case that may be the same one has come up). What
-- is refused has changed nothing, its job is still leased; what is "ok" has its route job done.
local DECIDE_ARGS = 15 + AID_ARGS

-- Into the inbox of the first who can; every one passed over is an event with its reason.
local function decide_inbox(batch, case, args, at, limits, now)
  local township, second = args[at + 3], args[at + 12]
  local code, rest, passed = cascade_pick(batch, args[at + 11], limits, now)
  local clock = limits.clocks[args[at + 9]] -- the cases of a batch have few different dates
  if not clock then
    local limit = 0
    local by, warn
    if args[at + 9] ~= '' then -- a date that has passed already must not mean "no date": a minute for each
      by, warn = accept_times(args[at + 9])
      limit = math.max(60000, by - now)
    end
    clock = { limit = limit, text = int(limit), due = now + limit, warn = warn }
    limits.clocks[args[at + 9]] = clock
  end
  for _, p in ipairs(passed) do
    case_event(batch, case, 'cascade', case.s, '"at_ms":' .. int(now) .. ',"actor":"system","reason":"' .. p.reason ..
      '","inbox":"' .. p.code .. '"')
  end
  inbox_move(batch, case, code, args[at + 4])
  if code ~= township or second == code then
    second = ''
  end
  if second ~= '' then
    inbox_count(batch, second)
    push(batch.inbox, { from = '', to = second, no = case.no, score = args[at + 4] })
  end
  case_set(case, 'q', second .. '|' .. clock.text .. '|' .. rest)
  if clock.limit > 0 and code ~= limits.region then
    accept_start(batch, case.no, clock.due, clock.warn)
  end
end

local function decide_one(batch, args, at, limits, now, q)
  local case = batch.cases[args[at]] or case_read_new(batch.P, args[at])
  if not case or case.v ~= tonumber(args[at + 1]) then
    return 'version'
  end
  local verb, township = args[at + 2], args[at + 3]
  local to = move(verb, case.s)
  if not to then
    return 'move'
  end
  local aid = args[at + 14] == '1' and aid_parse(args, at + 15) or nil
  local before = case.t
  case.t = township
  local row = person_row(batch, case.h) -- shows its type as well
  local refusal = q and LINKS.check(batch, case, q, aid) or aid and aid_refusal(batch, case, aid)
  if refusal then
    case.t = before
    return refusal
  end
  case_set(case, 't', township)
  case_set(case, 'u', args[at + 5])
  case_set(case, 'rt', args[at + 6])
  case_set(case, 'd', args[at + 7])
  if case.s == 'TRIAGED' then -- its place is known now: whoever held it at the desk has let go of it
    case_set(case, 'cl', '')
  end
  case_event(batch, case, verb, to, q and args[at + 8] .. LINKS.event(q) or args[at + 8])
  decide_inbox(batch, case, args, at, limits, now)
  local index = batch.index[row.key] or {}
  push(index, 'c:' .. case.no, '')
  batch.index[row.key] = index
  if q then
    LINKS.plan(batch, case, q, now)
  end
  if args[at + 10] ~= '' then
    job_add(batch, 'notify', case.no .. ':' .. int(case.v), args[at + 4], args[at + 10])
  end
  if aid then
    aid_plan(batch, case, aid)
  end
  return 'ok'
end

local function decide(keys, args)
  local P, token = keys[1], args[1]
  local batch = batch_new(P)
  local limits = { region = args[2], inbox_max = whole(args[3], 0, EXACT_MAX, 'inbox_max'), duty = args[4],
    clocks = {} }
  if (#args - 5) % DECIDE_ARGS ~= 0 or #args <= 5 or #args > 5 + 64 * DECIDE_ARGS then
    error({ err = 'bad-input decide' })
  end
  batch_check(batch)
  local ids, queries, of = {}, {}, {}
  for at = 6, #args, DECIDE_ARGS do
    push(ids, args[at])
    if args[at + 13] ~= '' then
      of[at] = LINKS.parse(args[at], args[at + 13])
      push(queries, of[at])
    end
  end
  LINKS.begin(batch, args[5], queries)
  local held = held_by(P, 'route', token, ids)
  local answers, done, now = {}, {}, batch_now(batch)
  batch.now = now
  for at = 6, #args, DECIDE_ARGS do
    local answer = held[args[at]] and decide_one(batch, args, at, limits, now, of[at]) or 'stale'
    push(answers, answer)
    if answer == 'ok' then
      push(done, args[at])
    end
  end
  batch_write(batch)
  LINKS.write(batch)
  jobs_done(P, 'route', done)
  return answers
end

redis.register_function('jiuji_decide', decide)
