-- Duplicates: cases of one person, one household, one place and event, or one payee account are found across the
-- region when they are decided, and both show it; nothing is dropped. A list of the newest cases is kept
--
--   op of {r}:person:<hash>, op of {r}:household:<id>   by whom
--   field a<account> of {r}:links:<year>                 by account: one entry for each person
--   field x<place>, v<place> of it                       by township, address and cause; v: the address names no house
--
-- as "no:day:who,…": day since 1970; who "i" (known by his ID number) or "u" and 16 digits of the person's hash.
local LINKS = { LIST_MAX = 8, OF_CASE_MAX = 50, NEIGHBOURS_MAX = 3, KEEP_S = 63244800,
  CLOSED = { ARCHIVED = true, WITHDRAWN = true, DUPLICATE = true, CANCELLED = true, CONSULT_CLOSED = true } }

function LINKS.entries(text)
  local list = {}
  for no, day, who in string.gmatch(text or '', '(%d+):(%d+):([iu]%x*)') do
    push(list, { no = no, day = tonumber(day), who = who })
  end
  return list
end

-- The list with this case at its end. one: only the newest case of a person stays. When it is full, the oldest of
-- a person who is known goes first: two such people are told apart anyway.
function LINKS.keep(text, q, one)
  local list, kept = {}, {}
  for _, e in ipairs(LINKS.entries(text)) do
    if e.no ~= q.no and not (one and string.sub(e.who, 2) == string.sub(q.who, 2)) then
      push(list, e)
    end
  end
  if #list >= LINKS.LIST_MAX then
    local out = 1
    for i, e in ipairs(list) do
      if string.sub(e.who, 1, 1) == 'i' then
        out = i
        break
      end
    end
    table.remove(list, out)
  end
  push(list, q)
  for _, e in ipairs(list) do
    push(kept, e.no .. ':' .. int(e.day) .. ':' .. e.who)
  end
  return table.concat(kept, ',')
end

-- "day|window|who|account|place|known,…|spot check due ms": what C knows of the case; behind it "|officer:a,…" whose
-- own its account is (people.lua): they stand back.
function LINKS.parse(no, text)
  local head, recused = string.match(text, '^(.*|%d*)|(%a+:[^=|%c]+)$')
  local day, window, who, account, place, known, spot = string.match(head or text,
    '^(%d+)|(%d+)|([iu]%x+)|(%x*)|([xv]?%x*)|([%d,]*)|(%d*)$')
  if not day then
    error({ err = 'bad-input links' })
  end
  return { no = no, day = tonumber(day), window = tonumber(window), who = who, known = known, spot = spot,
    recused = recused or '', account = account ~= '' and 'a' .. account or nil, place = place ~= '' and place or nil }
end

-- The fields of this batch's accounts and places, out of the indexes of the years given: one read for all cases.
function LINKS.read(P, years, queries)
  local names, texts, seen = {}, {}, {}
  for _, q in ipairs(queries) do
    for _, name in ipairs({ q.account or q.place, q.account and q.place }) do
      if not seen[name] then
        seen[name] = true
        push(names, name)
      end
    end
  end
  if not string.match(years, '^%d%d%d%d,?%d*$') then
    error({ err = 'bad-input years' })
  end
  for year in string.gmatch(names[1] and years or '', '%d+') do
    for i, text in ipairs(redis.call('HMGET', P .. ':links:' .. year, unpack(names))) do
      if text then
        texts[names[i]] = texts[names[i]] and text .. ',' .. texts[names[i]] or text
      end
    end
  end
  return texts
end

-- Members of a household as a set of the 16 digits that the lists hold.
function LINKS.members(P, household)
  local set = {}
  for _, name in ipairs(household ~= '' and redis.call('HKEYS', P .. ':household:' .. household) or {}) do
    local hash = string.match(name, '^p:(%x+)$')
    if hash then
      set[string.sub(hash, 1, 16)] = true
    end
  end
  return set
end

-- Like cases: { {no, kind, counts}, … }, each case once, and how many others use the account. counts: it may be the
-- same case. Two people who are known by their ID numbers are two cases, even in one house (the newest of them are
-- linked); in a village that is not even worth a link.
function LINKS.find(P, q, texts, op, household, household_op)
  local found, seen, others = {}, { [q.no] = true }, {}
  local function add(e, kind, counts)
    if not seen[e.no] then
      seen[e.no] = true
      push(found, { no = e.no, kind = kind, counts = counts })
    end
  end
  local function near(text)
    local list = {}
    for _, e in ipairs(text and text ~= '' and LINKS.entries(text) or {}) do
      if math.abs(e.day - q.day) <= q.window then
        push(list, e)
      end
    end
    return list
  end
  for _, e in ipairs(near(op)) do
    add(e, 'same_person', true)
  end
  for _, e in ipairs(near(household_op)) do
    add(e, 'same_household', true)
  end
  local me, neighbours, list = string.sub(q.who, 2), 0, near(q.place and texts[q.place])
  for i = #list, 1, -1 do
    local both = string.sub(list[i].who, 1, 1) == 'i' and string.sub(q.who, 1, 1) == 'i'
    neighbours = neighbours + (both and 1 or 0)
    if not both or (string.sub(q.place, 1, 1) == 'x' and neighbours <= LINKS.NEIGHBOURS_MAX) then
      add(list[i], 'same_event', not both)
    end
  end
  local members = nil
  for _, e in ipairs(LINKS.entries(q.account and texts[q.account])) do
    local who = string.sub(e.who, 2)
    if who ~= me then
      members = members or LINKS.members(P, household)
      if not members[who] then
        push(others, who)
        add(e, 'same_account', false)
      end
    end
  end
  return found, #others
end

-- Which of the found ones are open, without those of `known` (",no,no,"). case: function(no): state or nil.
function LINKS.open(found, known, state)
  local list = {}
  for _, f in ipairs(found) do
    if f.counts and not string.find(known, ',' .. f.no .. ',', 1, true) then
      local s = state(f.no)
      if s and not LINKS.CLOSED[s] then
        push(list, f.no)
      end
    end
  end
  return list
end

-- A case's links, field lk: "<no>=<kind>,…", with one more. case.lk: as it stands, if it has been read.
function LINKS.linked(P, case, no, kind)
  local list = case.lk or redis.call('HGET', case_key(P, case.no), 'lk') or ''
  local _, n = string.gsub(list, '=', '')
  if n >= LINKS.OF_CASE_MAX or string.find(',' .. list, ',' .. no .. '=', 1, true) then
    return list
  end
  return (list == '' and '' or list .. ',') .. no .. '=' .. kind
end

-- The other end of a link: an event where the case still moves, and the field. text: head of the event.
function LINKS.tell(batch, no, other, kind, text)
  local case = batch_case(batch, no)
  if not case then
    return
  end
  local list = LINKS.linked(batch.P, case, other, kind)
  if move('link', case.s) then
    case_event(batch, case, 'link', case.s, text .. ',"case":"' .. other .. '","kind":"' .. kind .. '"')
    case_set(case, 'lk', list)
  elseif batch.cases[no] then
    case_set(case, 'lk', list)
  else
    later(batch, 'hash', 'HSET', case_key(batch.P, no), 'lk', list)
  end
end

-- ---- In the commit of the route stage ----

-- Reads what the batch needs. queries: LINKS.parse of those cases that have a text.
function LINKS.begin(batch, years, queries)
  batch.links = LINKS.read(batch.P, years, queries)
  batch.links_key = batch.P .. ':links:' .. string.sub(years, 1, 4)
  batch.links_new = {}
  batch.spots = {}
  for _, q in ipairs(queries) do
    if q.spot ~= '' then
      expect('zset', batch.P .. ':spotchecks')
      break
    end
  end
end

-- nil, or "links": there is an open case that the rules did not know of, and money would go out by rule.
function LINKS.check(batch, case, q, aid)
  local row = person_row(batch, case.h)
  q.found = LINKS.find(batch.P, q, batch.links, row.op, row.hh, row.house and row.house.op)
  local open = aid and LINKS.open(q.found, ',' .. q.known .. ',', function(no)
    local other = batch.cases[no]
    return other and other.s or redis.call('HGET', case_key(batch.P, no), 's')
  end) or {}
  return open[1] and 'links' or nil
end

-- Member of the event that says where the case goes.
function LINKS.event(q)
  local list = {}
  for _, f in ipairs(q.found) do
    push(list, '{"case":"' .. f.no .. '","kind":"' .. f.kind .. '"}')
  end
  return (list[1] and ',"links":[' .. table.concat(list, ',') .. ']' or '') ..
    (q.recused ~= '' and ',"recused":' .. cjson.encode(split(q.recused, ',')) or '')
end

-- These officers ("officer:a,…") stand back from the case: field rl as act.lua asks it. Answers what it is then.
function LINKS.recused(rl, officers)
  rl = rl == '' and ',' or rl
  for who in string.gmatch(officers, '[^,]+') do
    rl = string.find(rl, ',' .. who .. ',', 1, true) and rl or rl .. who .. ','
  end
  return rl
end

-- Behind the case's own event: both ends of every link, the lists, the spot check.
function LINKS.plan(batch, case, q, now)
  local row = person_row(batch, case.h)
  row.op = LINKS.keep(row.op, q)
  push(batch.index[row.key], 'op', row.op)
  if row.house then
    row.house.op = LINKS.keep(row.house.op, q)
    batch.index[row.house.key] = batch.index[row.house.key] or {}
    push(batch.index[row.house.key], 'op', row.house.op)
  end
  for _, name in ipairs({ q.account or q.place, q.account and q.place }) do
    batch.links[name] = LINKS.keep(batch.links[name], q, name == q.account)
    batch.links_new[name] = true
  end
  for _, f in ipairs(q.found) do
    case_set(case, 'lk', LINKS.linked(batch.P, case, f.no, f.kind))
    LINKS.tell(batch, f.no, case.no, f.kind, '"at_ms":' .. int(now) .. ',"actor":"system","reason":"found-alike"')
  end
  if q.recused ~= '' then
    case_set(case, 'rl', LINKS.recused(redis.call('HGET', case_key(batch.P, case.no), 'rl') or '', q.recused))
  end
  if q.spot ~= '' then
    push(batch.spots, whole(q.spot, 1, EXACT_MAX, 'spot_due'), case.no)
  end
end

-- With batch_write. The types of the keys have shown when they were read; spotchecks was looked at by begin.
function LINKS.write(batch)
  local list = {}
  for name in pairs(batch.links_new) do
    push(list, name, batch.links[name])
  end
  if list[1] then
    call('HSET', batch.links_key, list)
    redis.call('EXPIRE', batch.links_key, LINKS.KEEP_S, 'NX')
  end
  call('ZADD', batch.P .. ':spotchecks', batch.spots)
end

-- ---- Another account for a case ----

-- text: "years|account" as LINKS.read and LINKS.parse take them, "" none. Who else uses the account stands in the
-- event and in the links at both ends: an officer has changed it, and whoever checks him sees that.
function LINKS.account(batch, case, text, now, tail, say)
  local years, account = string.match(text, '^([%d,]+)|(%x+)$')
  if not years then
    return say()
  end
  local q = { no = case.no, day = math.floor((now + 28800000) / 86400000), window = 0, account = 'a' .. account,
    who = 'u' .. string.sub(case.h, 1, 16) }
  local texts = LINKS.read(batch.P, years, { q })
  local found, others = LINKS.find(batch.P, q, texts, '', person_row(batch, case.h).hh, '')
  say(others > 0 and ',"account_persons":' .. int(others) or nil)
  for _, f in ipairs(found) do
    case_set(case, 'lk', LINKS.linked(batch.P, case, f.no, f.kind))
    LINKS.tell(batch, f.no, case.no, f.kind, tail)
  end
  later(batch, 'hash', 'HSET', batch.P .. ':links:' .. string.sub(years, 1, 4), q.account,
    LINKS.keep(texts[q.account], q, true))
end
