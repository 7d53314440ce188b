-- Clocks: what is due when. Deadlines come from C, which knows policy and calendar; here they are kept,
-- warned of and escalated. Nothing is ever refused for being late.
--
-- The field ck of a case holds its running clocks, "review=due/warn/step;county=…" (ms; step 0 runs, 1
-- warned of, 2 before everything else in its inbox, 3 with the county's duty desk as well, p stands
-- still), and while the case is paused "paused=reason/since/0". One timer per clock, "review:<no>",
-- stands at the next of these times. Papers and accept have timers of their own, without an entry here.

-- CLOCKS_IN says which clock runs in which state (made from C).

local CLOCK_KINDS = { pay = true, review = true, publicity = true, county = true, followup = true }

local PAPERS_WARN_MS = 86400000 -- papers are due at the end of a working day: when that day begins

-- The time to sign for a case ends at `by`; a long one, in working days, also warns when its last day
-- begins.
local function accept_start(batch, no, now, by)
  push(batch.timers, int(by), 'accept:' .. no)
  if by - now > 86400000 then
    push(batch.timers, int(by - 86400000), 'accept-warn:' .. no)
  end
end

local function accept_stop(batch, no)
  push(batch.untimers, 'accept:' .. no, 'accept-warn:' .. no)
end

local function clocks_of(batch, case)
  if not case.clocks then
    local text = case.v > 1 and redis.call('HGET', case_key(batch.P, case.no), 'ck') or ''
    case.clocks = {}
    for kind, due, warn, step in string.gmatch(text, '(%l+)=([^/;]+)/(%d+)/(%w)') do
      case.clocks[kind] = { due = due, warn = warn, step = step }
    end
  end
  return case.clocks
end

local function clocks_keep(case)
  local list = {}
  for kind, c in pairs(case.clocks) do
    push(list, kind .. '=' .. c.due .. '/' .. c.warn .. '/' .. c.step)
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

-- For every function that moves a case: start a clock, behind case_event. kind: a word of CLOCK_KINDS;
-- due_ms, warn_ms: numbers or decimal text from C, warn_ms < due_ms. A clock that runs already gets the
-- new times. The event says what was booked ("clock_review": due).
local function clock_start(batch, case, kind, due_ms, warn_ms)
  local due = whole(type(due_ms) == 'number' and int(due_ms) or due_ms, 1, EXACT_MAX, 'due_ms')
  local warn = whole(type(warn_ms) == 'number' and int(warn_ms) or warn_ms, 0, due - 1, 'warn_ms')
  if not CLOCK_KINDS[kind] then
    error({ err = 'bad-input clock' })
  end
  clocks_of(batch, case)[kind] = { due = int(due), warn = int(warn), step = '0' }
  clocks_keep(case)
  event_note(batch, case, 'clock_' .. kind, int(due))
  push(batch.timers, int(warn), kind .. ':' .. case.no)
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
  if c.step == '3' then
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
-- any more and start what C says, "review=due/warn;county=due/warn", "" nothing. Checks all before it
-- starts the first.
local function clocks_start(batch, case, text)
  local list = {}
  for _, part in ipairs(text == '' and {} or split(text, ';')) do
    local kind, due, warn = string.match(part, '^(%l+)=(%d+)/(%d+)$')
    if not kind or not CLOCK_KINDS[kind] or tonumber(warn) >= tonumber(due) then
      error({ err = 'bad-input clocks' })
    end
    push(list, { kind, due, warn })
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
      clock_start(batch, case, c[1], c[2], c[3])
    end
  end
end
