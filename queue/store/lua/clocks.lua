-- Clocks: what is due when. Deadlines come from C, which knows policy and calendar; here they are kept,
-- warned of and escalated. Nothing is ever refused for being late.
--
-- The field ck of a case holds its running clocks, "review=due/warn/step/county/chase;county=…" (ms; step 0
-- runs, 1 warned of, 2 before everything else in its inbox, 3 with the county's duty desk as well, 4 criticised
-- in writing, p stands still; chase 0: no criticism), and while the case is paused "paused=reason/since/0". What
-- was booked without the last two times is never told to the county. One timer per clock, "review:<no>", stands
-- at the next of these times. Papers and accept have timers of their own, without an entry here.

-- CLOCKS_IN says which clock runs in which state (made from C).

local CLOCK_KINDS = { pay = true, review = true, publicity = true, county = true, followup = true }

-- The time to sign for a case ends at `by`; a long one, in working days, warns before (nil = it does not).
local function accept_start(batch, no, by, warn)
  push(batch.timers, int(by), 'accept:' .. no)
  if warn then
    push(batch.timers, int(warn), 'accept-warn:' .. no)
  end
end

-- Until when a case has to be accepted and when that warns, as C says it: "by" or "by/warn" (ms).
local function accept_times(text)
  local by, warn = string.match(text, '^(%d+)/?(%d*)$')
  by = whole(by, 1, EXACT_MAX, 'accept_by')
  return by, warn ~= '' and whole(warn, 1, by, 'accept_warn') or nil
end

local function accept_stop(batch, no)
  push(batch.untimers, 'accept:' .. no, 'accept-warn:' .. no)
end

local function clocks_of(batch, case)
  if not case.clocks then
    local text = case.v > 1 and redis.call('HGET', case_key(batch.P, case.no), 'ck') or ''
    case.clocks = {}
    for kind, due, warn, step, county, chase in string.gmatch(text, '(%l+)=([^/;]+)/(%d+)/(%w)/?(%d*)/?(%d*)') do
      case.clocks[kind] = { due = due, warn = warn, step = step, county = county, chase = chase }
    end
  end
  return case.clocks
end

local function clocks_keep(case)
  local list = {}
  for kind, c in pairs(case.clocks) do
    local more = (c.county or '') ~= '' and '/' .. c.county .. '/' .. c.chase or ''
    push(list, kind .. '=' .. c.due .. '/' .. c.warn .. '/' .. c.step .. more)
  end
  table.sort(list)
  case_set(case, 'ck', table.concat(list, ';'))
end

-- A member for the event of the case that this batch has written last; the same member again replaces
-- the first.
local function event_note(batch, case, name, value)
  local text = case.told and batch.events[case.told]
  if text then
    text = string.gsub(text, ',"' .. name .. '":%-?%d+', '')
    batch.events[case.told] = string.sub(text, 1, -2) .. ',"' .. name .. '":' .. value .. '}'
  end
end

-- "review=due/warn/county/chase" as clocks_put (queue/domain/clocks.h) writes it; county and chase may be left
-- out. Answers the clock's kind and itself.
local function clock_parse(text)
  local kind, due, warn, county, chase = string.match(text, '^(%l+)=(%d+)/(%d+)/?(%d*)/?(%d*)$')
  if not kind or not CLOCK_KINDS[kind] then
    error({ err = 'bad-input clocks' })
  end
  local at = whole(due, 1, EXACT_MAX, 'due_ms')
  whole(warn, 0, at - 1, 'warn_ms')
  if county ~= '' then
    local told = whole(county, at, EXACT_MAX, 'county_ms')
    if chase ~= '0' then
      whole(chase, told + 1, EXACT_MAX, 'chase_ms')
    end
  end
  return kind, { due = due, warn = warn, step = '0', county = county, chase = chase }
end

-- For every function that moves a case: start a clock, behind case_event. A clock that runs already gets the
-- new times. The event says what was booked ("clock_review": due).
local function clock_start(batch, case, kind, clock)
  clocks_of(batch, case)[kind] = clock
  clocks_keep(case)
  event_note(batch, case, 'clock_' .. kind, clock.due)
  push(batch.timers, clock.warn, kind .. ':' .. case.no)
end

-- The other end; nothing happens when it does not run. What the clock had brought to the county's duty
-- desk is the township's alone again.
local function clock_stop(batch, case, kind)
  local clocks = clocks_of(batch, case)
  local c = clocks[kind]
  if not c then
    return
  end
  clocks[kind] = nil
  if clocks.paused then -- a pause ends with the last clock that it holds
    local held = false
    for name, other in pairs(clocks) do
      held = held or (name ~= 'paused' and other.step == 'p')
    end
    clocks.paused = held and clocks.paused or nil
  end
  clocks_keep(case)
  push(batch.untimers, kind .. ':' .. case.no)
  if c.step == '3' or c.step == '4' then
    local second, limit, chain = cascade_parse(case.q)
    if second ~= '' and second ~= case.o then
      inbox_count(batch, second)
      batch.inbox = batch.inbox or {}
      push(batch.inbox, { from = second, to = '', no = case.no, score = '0' })
    end
    case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
  end
end

-- For every function that moves a case, behind what it did: stop what does not run in the case's state
-- any more and start what C says, clocks as clock_parse reads them with ";" between, "" nothing. Checks all
-- before it starts the first.
local function clocks_start(batch, case, text)
  local list = {}
  for _, part in ipairs(text == '' and {} or split(text, ';')) do
    push(list, { clock_parse(part) })
  end
  local over = {}
  for kind in pairs(clocks_of(batch, case)) do
    if CLOCK_KINDS[kind] and not CLOCKS_IN[case.s][kind] then
      push(over, kind)
    end
  end
  for _, kind in ipairs(over) do
    clock_stop(batch, case, kind)
  end
  for _, c in ipairs(list) do
    if CLOCKS_IN[case.s][c[1]] then -- the case may have gone on since C looked at it
      clock_start(batch, case, c[1], c[2])
    end
  end
end
