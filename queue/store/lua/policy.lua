-- Administration of the rules: policy packs, drafted by one person and approved by another for a time to
-- come, and declared disasters, which switch a surge of the pack on and off. Every step is an event.
--
-- {r}:policy       hash: "v" the version of all this, "last" the newest pack, id -> row
-- {r}:policy:text  hash: id -> the pack's JSON, packed (pack.h)
-- {r}:disaster     hash: "last", id -> row
-- Rows are fields with "|" between them; the last one, a title, may hold anything.

-- LEAD_MS: a pack begins so much later than it is approved at the earliest, so that every process has heard
-- of it by then (they ask every two seconds).
local admin = { PACKS_MAX = 1000, DISASTERS_MAX = 64, TEXT_MAX = 1048576, LEAD_MS = 3000, SKIPPED_MAX = 16 }

-- state: draft, approved, withdrawn. An approved pack is in force from `from` until the next one.
admin.PACK = { 'state', 'name', 'proposer', 'proposed', 'approver', 'approved', 'from', 'title' }
-- state: declared, approved, ended. ended: when it was, before its time (0 = it was not).
admin.DISASTER = { 'state', 'surge', 'divisions', 'from', 'to', 'proposer', 'proposed', 'approver', 'approved', 'ended',
  'title' }

function admin.parse(fields, text)
  local row, rest = {}, text
  for i = 1, #fields - 1 do
    local head, tail = string.match(rest, '^([^|]*)|(.*)$')
    if not head then
      error({ err = 'corrupt row of the rules' })
    end
    row[fields[i]], rest = head, tail
  end
  row[fields[#fields]] = rest
  return row
end

function admin.text(fields, row)
  local parts = {}
  for i, name in ipairs(fields) do
    parts[i] = row[name]
  end
  return table.concat(parts, '|')
end

-- Nothing between two bars may hold one.
function admin.plain(text, most, what)
  if #text == 0 or #text > most or string.find(text, '[|%c]') then
    error({ err = 'bad-input ' .. what })
  end
  return text
end

function admin.check(P)
  expect('hash', P .. ':policy', P .. ':policy:text', P .. ':disaster')
  expect('stream', P .. ':events')
end

-- What this Idempotency-Key answered before: the kept answer, or false for another body; nil when it is
-- new. No hash, no memory (the operator's tool).
function admin.before(P, hash, print)
  local record = hash ~= '' and redis.call('GET', P .. ':idem:' .. hash)
  if not record then
    return nil
  end
  local was, answer = string.match(record, '^([^|]*)|(.*)$')
  return was == print and answer
end

function admin.remember(P, hash, print, answer)
  if hash ~= '' then
    redis.call('SET', P .. ':idem:' .. hash, print .. '|' .. answer, 'EX', 172800)
  end
end

-- Event, row and the next version, which is answered.
function admin.write(P, kind, id, row, verb, tail, more)
  local fields = kind == 'policy' and admin.PACK or admin.DISASTER
  redis.call('XADD', P .. ':events', '*', kind .. ':' .. id, '{"verb":"' .. verb .. '",' .. tail .. more .. '}')
  redis.call('HSET', P .. ':' .. kind, id, admin.text(fields, row))
  return int(redis.call('HINCRBY', P .. ':policy', 'v', 1))
end

function admin.rows(key, fields)
  local rows, raw = {}, redis.call('HGETALL', key)
  for i = 1, #raw, 2 do
    if string.match(raw[i], '^%d+$') then
      local row = admin.parse(fields, raw[i + 1])
      row.id = raw[i]
      push(rows, row)
    end
  end
  table.sort(rows, function(a, b)
    return tonumber(a.id) < tonumber(b.id)
  end)
  return rows
end

function admin.row(key, fields, id)
  local text = string.match(id, '^%d+$') and redis.call('HGET', key, id)
  return text and admin.parse(fields, text)
end

-- The pack in force at `now` (nil = the file's), when the next one begins (0 = none is waiting), and the same pack
-- with those of `skip` (a set of ids) passed over.
function admin.in_force(P, now, skip)
  local active, next_ms, taken = nil, 0, nil
  for _, row in ipairs(admin.rows(P .. ':policy', admin.PACK)) do
    local from = row.state == 'approved' and tonumber(row.from)
    if from and from <= now then
      active = (not active or from > tonumber(active.from)) and row or active
      taken = not (skip and skip[row.id]) and (not taken or from > tonumber(taken.from)) and row or taken
    elseif from and from > now and (next_ms == 0 or from < next_ms) then
      next_ms = from
    end
  end
  return active, next_ms, taken
end

-- ---- Packs ----

-- Arguments: name (version+hash), packed JSON, who, event tail, idempotency key hash ("" none),
-- fingerprint, title. Answers {"ok", id}, {"replayed", id}, {"exists", id} (this very pack is there
-- already), {"full"}, {"key-reused"}.
function admin.draft(keys, args)
  local P = keys[1]
  args_check(args, 7, 7)
  admin.check(P)
  local name, who = admin.plain(args[1], 63, 'name'), admin.plain(args[3], 64, 'actor')
  if #args[2] == 0 or #args[2] > admin.TEXT_MAX or #args[7] > 300 then
    error({ err = 'bad-input policy' })
  end
  local before = admin.before(P, args[5], args[6])
  if before ~= nil then
    return before and { 'replayed', before } or { 'key-reused' }
  end
  local rows = admin.rows(P .. ':policy', admin.PACK)
  for _, row in ipairs(rows) do
    if row.name == name and row.state ~= 'withdrawn' then
      return { 'exists', row.id }
    end
  end
  if #rows >= admin.PACKS_MAX then
    return { 'full' }
  end
  local id = int(whole(redis.call('HGET', P .. ':policy', 'last') or '0', 0, EXACT_MAX - 1, 'last') + 1)
  redis.call('HSET', P .. ':policy', 'last', id)
  redis.call('HSET', P .. ':policy:text', id, args[2])
  admin.write(P, 'policy', id, { state = 'draft', name = name, proposer = who, proposed = int(now_ms()), approver = '',
    approved = '0', from = '0', title = args[7] }, 'policy-draft', args[4], ',"name":"' .. name .. '"')
  admin.remember(P, args[5], args[6], id)
  return { 'ok', id }
end

-- Arguments: id, name (what the approver has read), who, from ms, event tail, idempotency key hash,
-- fingerprint. Answers {"ok", version}, {"replayed", version}, {"not-found"}, {"state"}, {"name"},
-- {"same-person"}, {"past"} (or less than LEAD_MS ahead), {"taken"} (another pack begins at that very
-- time), {"key-reused"}.
function admin.approve(keys, args)
  local P = keys[1]
  args_check(args, 7, 7)
  admin.check(P)
  local from, who = whole(args[4], 0, EXACT_MAX, 'from'), admin.plain(args[3], 64, 'actor')
  local before = admin.before(P, args[6], args[7])
  if before ~= nil then
    return before and { 'replayed', before } or { 'key-reused' }
  end
  local row = admin.row(P .. ':policy', admin.PACK, args[1])
  if not row then
    return { 'not-found' }
  elseif row.state ~= 'draft' then
    return { 'state' }
  elseif row.name ~= args[2] then
    return { 'name' }
  elseif same_person(row.proposer, who) then
    return { 'same-person' }
  end
  local now = now_ms()
  if from < now + admin.LEAD_MS then
    return { 'past' }
  end
  for _, other in ipairs(admin.rows(P .. ':policy', admin.PACK)) do
    if other.state == 'approved' and tonumber(other.from) == from then
      return { 'taken' }
    end
  end
  row.state, row.approver, row.approved, row.from = 'approved', who, int(now), int(from)
  local version = admin.write(P, 'policy', args[1], row, 'policy-approve', args[5],
    ',"name":"' .. row.name .. '","effective_from_ms":' .. int(from))
  admin.remember(P, args[6], args[7], version)
  return { 'ok', version }
end

-- A draft, or an approved pack whose time has not come. Arguments: id, who, event tail, idempotency key
-- hash, fingerprint. Answers as admin.approve.
function admin.withdraw(keys, args)
  local P = keys[1]
  args_check(args, 5, 5)
  admin.check(P)
  admin.plain(args[2], 64, 'actor')
  local before = admin.before(P, args[4], args[5])
  if before ~= nil then
    return before and { 'replayed', before } or { 'key-reused' }
  end
  local row = admin.row(P .. ':policy', admin.PACK, args[1])
  if not row then
    return { 'not-found' }
  elseif row.state == 'withdrawn' or (row.state == 'approved' and tonumber(row.from) <= now_ms()) then
    return { 'state' }
  end
  row.state = 'withdrawn'
  local version = admin.write(P, 'policy', args[1], row, 'policy-withdraw', args[3], ',"name":"' .. row.name .. '"')
  admin.remember(P, args[4], args[5], version)
  return { 'ok', version }
end

-- Answers {now, id in force or "0", then per pack id, row}.
function admin.list(keys)
  local P, now = keys[1], now_ms()
  local active = admin.in_force(P, now)
  local answer = { int(now), active and active.id or '0' }
  for _, row in ipairs(admin.rows(P .. ':policy', admin.PACK)) do
    push(answer, row.id, admin.text(admin.PACK, row))
  end
  return answer
end

-- Argument: id. Answers {name, packed JSON} or {}.
function admin.pack(keys, args)
  local P = keys[1]
  args_check(args, 1, 1)
  local row = admin.row(P .. ':policy', admin.PACK, args[1])
  return row and { row.name, redis.call('HGET', P .. ':policy:text', args[1]) or '' } or {}
end

-- What processes look at every two seconds. Arguments: the key they know, "version:pack:when the next one
-- begins"; as long as that holds, one field is read; then packs that they pass over, since they may not take them
-- (a signature that does not hold). Answers {key, now, when the next pack begins (0 = never)} and, when the key is
-- another one, also: id of the pack to take ("0" = the file's), its packed JSON, then per approved disaster that has
-- not ended id, row. The pack in the key is the one in force, passed over or not.
function admin.active(keys, args)
  local P, now, skip = keys[1], now_ms(), {}
  args_check(args, 1, 1 + admin.SKIPPED_MAX)
  for i = 2, #args do
    skip[args[i]] = true
  end
  local version = redis.call('HGET', P .. ':policy', 'v') or '0'
  local known, next_known = string.match(args[1], '^(%d+):%d+:(%d+)$')
  if known == version and (next_known == '0' or now < tonumber(next_known)) then
    return { args[1], int(now), next_known }
  end
  local active, next_ms, taken = admin.in_force(P, now, skip)
  local answer = { version .. ':' .. (active and active.id or '0') .. ':' .. int(next_ms), int(now), int(next_ms) }
  push(answer, taken and taken.id or '0', taken and redis.call('HGET', P .. ':policy:text', taken.id) or '')
  for _, row in ipairs(admin.rows(P .. ':disaster', admin.DISASTER)) do
    if row.state == 'approved' and tonumber(row.to) > now then
      push(answer, row.id, admin.text(admin.DISASTER, row))
    end
  end
  return answer
end

-- ---- Disasters ----

-- Arguments: surge, divisions (codes with commas), from ms, to ms, who, event tail, idempotency key hash,
-- fingerprint, title. Answers {"ok", id}, {"replayed", id}, {"past"} (it would be over), {"full"},
-- {"key-reused"}.
function admin.declare(keys, args)
  local P = keys[1]
  args_check(args, 9, 9)
  admin.check(P)
  local surge, who = admin.plain(args[1], 23, 'surge'), admin.plain(args[5], 64, 'actor')
  local from, to = whole(args[3], 0, EXACT_MAX, 'from'), whole(args[4], 1, EXACT_MAX, 'to')
  if not string.match(args[2], '^%d[%d,]*$') or #args[2] > 500 or #args[9] == 0 or #args[9] > 120 then
    error({ err = 'bad-input disaster' })
  end
  local before = admin.before(P, args[7], args[8])
  if before ~= nil then
    return before and { 'replayed', before } or { 'key-reused' }
  end
  local now, open = now_ms(), 0
  if to <= now or to <= from then
    return { 'past' }
  end
  for _, row in ipairs(admin.rows(P .. ':disaster', admin.DISASTER)) do
    if row.state ~= 'ended' and tonumber(row.to) > now then
      open = open + 1
    end
  end
  if open >= admin.DISASTERS_MAX then
    return { 'full' }
  end
  local id = int(whole(redis.call('HGET', P .. ':disaster', 'last') or '0', 0, EXACT_MAX - 1, 'last') + 1)
  redis.call('HSET', P .. ':disaster', 'last', id)
  admin.write(P, 'disaster', id, { state = 'declared', surge = surge, divisions = args[2], from = int(from),
    to = int(to), proposer = who, proposed = int(now), approver = '', approved = '0', ended = '0', title = args[9] },
    'disaster-declare', args[6], ',"surge":"' .. surge .. '","divisions":"' .. args[2] .. '","from_ms":' .. int(from) ..
    ',"to_ms":' .. int(to))
  admin.remember(P, args[7], args[8], id)
  return { 'ok', id }
end

-- Arguments: id, "approved" (by another person; it begins now at the earliest) or "ended", who, event tail,
-- idempotency key hash, fingerprint. Answers as admin.approve.
function admin.disaster_set(keys, args)
  local P, to = keys[1], args[2]
  args_check(args, 6, 6)
  admin.check(P)
  local who = admin.plain(args[3], 64, 'actor')
  if to ~= 'approved' and to ~= 'ended' then
    error({ err = 'bad-input disaster' })
  end
  local before = admin.before(P, args[5], args[6])
  if before ~= nil then
    return before and { 'replayed', before } or { 'key-reused' }
  end
  local row, now = admin.row(P .. ':disaster', admin.DISASTER, args[1]), now_ms()
  if not row then
    return { 'not-found' }
  elseif row.state == 'ended' or (to == 'approved' and row.state ~= 'declared') then
    return { 'state' }
  elseif to == 'approved' and same_person(row.proposer, who) then
    return { 'same-person' }
  elseif tonumber(row.to) <= now then
    return { 'past' }
  end
  row.state = to
  if to == 'approved' then -- what was decided before stays as it was
    row.approver, row.approved, row.from = who, int(now), int(math.max(tonumber(row.from), now))
  else
    row.ended = int(now)
  end
  local version = admin.write(P, 'disaster', args[1], row,
    to == 'approved' and 'disaster-approve' or 'disaster-end', args[4], '')
  admin.remember(P, args[5], args[6], version)
  return { 'ok', version }
end

-- Answers {now, then per disaster id, row}.
function admin.disasters(keys)
  local answer = { int(now_ms()) }
  for _, row in ipairs(admin.rows(keys[1] .. ':disaster', admin.DISASTER)) do
    push(answer, row.id, admin.text(admin.DISASTER, row))
  end
  return answer
end

-- ---- Real decisions, for trying a draft on them ----

-- Arguments: "+" or the id answered before, most entries (1..64). Answers {id to go on from, "" at the end;
-- then the cases that were decided in these entries, newest first}.
function admin.decided(keys, args)
  args_check(args, 2, 2)
  local most = whole(args[2], 1, 64, 'most')
  local from = args[1] == '+' and '+' or '(' .. admin.plain(args[1], 40, 'id')
  local entries = redis.call('XREVRANGE', keys[1] .. ':events', from, '-', 'COUNT', most)
  local answer = { #entries == most and entries[#entries][1] or '' }
  for _, entry in ipairs(entries) do
    local fields = entry[2]
    for i = #fields - 1, 1, -2 do
      local verb = string.match(fields[i + 1], '"verb":"(%l+)"')
      if verb == 'dispatch' or verb == 'triage' then
        push(answer, fields[i])
      end
    end
  end
  return answer
end

-- Arguments: case numbers (1..64). Answers per case {facts, packed decision, township} or "".
function admin.cases(keys, args)
  args_check(args, 1, 64)
  local answer = {}
  for i, no in ipairs(args) do
    local row = redis.call('HMGET', case_key(keys[1], no), 'f', 'd', 't')
    answer[i] = row[1] and row[2] and { row[1], row[2], row[3] or '' } or ''
  end
  return answer
end

redis.register_function('jiuji_policy_draft', admin.draft)
redis.register_function('jiuji_policy_approve', admin.approve)
redis.register_function('jiuji_policy_withdraw', admin.withdraw)
redis.register_function('jiuji_disaster_declare', admin.declare)
redis.register_function('jiuji_disaster_set', admin.disaster_set)
redis.register_function{ function_name = 'jiuji_policy_list', callback = admin.list, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_policy_pack', callback = admin.pack, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_policy_active', callback = admin.active, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_policy_decided', callback = admin.decided, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_policy_cases', callback = admin.cases, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_disaster_list', callback = admin.disasters, flags = { 'no-writes' } }
