-- Text messages: what came in, who is being asked what, and the outbox.
--
-- {r}:sms:<no>        an incoming message under a number of its own, which becomes the case's if it opens
--                     one: pr provider, h keyed hash of the sender, at received ms, vt ms as the operator
--                     says (0), n parts, p1 … each part "number of its seal, wrapped key, sealed text",
--                     "u" = "1" if it could not be read
-- {r}:seen:<key>      what a vendor sends twice; {r}:same:<hash> the same words of the same sender again
-- {r}:smspart:<hash>  the number under which the parts of one long message are kept
-- {r}:talk:<hash>     the conversation with a telephone: c its cases, newest first, commas; a what was asked
--                     last "word|case|asked ms|until ms"; i how many questions there have been; mi answers
--                     not understood; pk "1" if the number of people of the newest case is known; r automatic
--                     answers "hour|count"; x cases it does not want to hear of; oc cases offered to it as
--                     an officer's telephone: these are not its own
-- {r}:out:<id>        an outgoing message: c case, t template, tv its version, h hash of the telephone, ch
--                     channel, s state, n tries, b parts billed, at last change ms, pl what it says,
--                     pr and ref the operator and its name for it, uk "1" once an answer stayed away
-- {r}:outs:<no>       ids of the messages about a case, oldest first
-- {r}:outref:<provider>:<ref> -> id; {r}:park:<provider>:<id or ref> a receipt that came before we knew: s state,
--                     o "other" if another channel may try, ref the operator's name for what it is about
-- {r}:ophone:<hash>   t township, a actor: an officer's telephone; {r}:township:<code>:phone h, a, p, k
--
-- Contents are kept six months (domain.md section 3: at least five), sealed where they are personal.
local SMS = { KEEP_S = 15552000, PARK_S = 2592000, PART_S = 3600, HASTE_MS = 5000, CASES_MAX = 8, LIST_MAX = 200,
  PARTS_MAX = 20, IN_ARGS = 12, OUT_ARGS = 10, END_ARGS = 9,
  -- a final state wins over any other; of two final ones, the good news
  RANK = { sending = 1, unknown = 2, queued = 0, accepted = 3, buffered = 4, failed = 5, stopped = 5, delivered = 6 } }

function SMS.word(text, what)
  if not string.match(text or '', '^[%w-]*$') then
    error({ err = 'bad-input ' .. what })
  end
  return text
end

function SMS.talk_key(P, hash)
  return P .. ':talk:' .. hash
end

-- ---- Incoming ----

-- What became of a message of ours. Parked while we do not know of it, and bad news also while it is on its way out:
-- the answer to the sending tells which try they are about.
function SMS.report(P, at, args, now, channels)
  local provider, id, ref, word = args[at + 3], args[at + 4], args[at + 5], args[at + 6]
  if id == '' then
    id = ref ~= '' and redis.call('GET', P .. ':outref:' .. provider .. ':' .. ref) or ''
  end
  local key = P .. ':out:' .. id
  local row = id ~= '' and redis.call('HMGET', key, 's', 'pl', 'ch', 'pr', 'ref') or {}
  local bad = word == 'failed' or word == 'stopped'
  if not row[1] or (bad and row[1] == 'sending') then
    return SMS.park(P, provider, id ~= '' and id or ref, { 's', word, 'o', args[at + 7], 'ref', ref, 'at', int(now) })
  end
  local other_try = row[4] ~= provider or (ref ~= '' and (row[5] or '') ~= '' and row[5] ~= ref)
  if SMS.RANK[word] <= (SMS.RANK[row[1]] or 0) or (other_try and word ~= 'delivered') then
    return 'same'
  end
  redis.call('HSET', key, 's', word, 'at', int(now))
  local channel = tonumber(row[3] or '0') or 0
  if word == 'failed' and args[at + 7] == 'other' and channel + 1 < channels then -- the next channel tries
    redis.call('HSET', key, 's', 'sending', 'ch', int(channel + 1))
    local job = string.gsub(id, '-', ':')
    redis.call('HSET', queue_key(P, 'notify', 'jobs'), job, '0:0:' .. (row[2] or ''))
    redis.call('ZREM', queue_key(P, 'notify', 'delayed'), job)
    redis.call('ZADD', queue_key(P, 'notify', 'ready'), int(now), job)
  end
  return 'ok'
end

-- The better of two receipts stays.
function SMS.park(P, provider, name, fields)
  local park = P .. ':park:' .. provider .. ':' .. name
  local parked = name ~= '' and redis.call('HGET', park, 's')
  if name ~= '' and (not parked or SMS.RANK[fields[2]] > SMS.RANK[parked]) then
    redis.call('HSET', park, unpack(fields))
    redis.call('EXPIRE', park, SMS.PARK_S)
  end
  return 'parked'
end

-- The number under which a message is kept: its own, or that of the part that came first.
function SMS.home(P, part, no)
  if part == '' then
    return no
  end
  local key = P .. ':smspart:' .. part
  return redis.call('SET', key, no, 'EX', SMS.PART_S, 'NX', 'GET') or no
end

-- Arguments: ms in which the same words of one sender are one message, number of channels; then per item:
-- "m", key, number, provider, sender's hash, hash of sender and words, received ms, operator's ms, parts
-- "hash|part|parts" ("" whole; "u" unreadable), job score, wrapped key, sealed text; or "r", key, "",
-- provider, our id, operator's id, state, "other" if another channel may try, "", "", "", "". Answers per
-- item "new", "seen" (the vendor again), "same" (the sender again), "ok", "parked".
function SMS.take(keys, args)
  local P, n = keys[1], SMS.IN_ARGS
  if (#args - 2) % n ~= 0 or #args < 2 + n or #args > 2 + 64 * n then
    error({ err = 'bad-input sms' })
  end
  local window, channels = whole(args[1], 1, 86400000, 'window'), whole(args[2], 0, 16, 'channels')
  local now, answers = now_ms(), {}
  expect('zset', queue_key(P, 'sms', 'ready'), queue_key(P, 'notify', 'ready'), queue_key(P, 'notify', 'delayed'))
  expect('hash', queue_key(P, 'sms', 'jobs'), queue_key(P, 'notify', 'jobs'))
  for at = 3, #args, n do
    SMS.word(args[at + 1], 'key')
    if args[at] == 'm' then
      whole(args[at + 6], 0, EXACT_MAX, 'received_ms')
      whole(args[at + 7], 0, EXACT_MAX, 'time_ms')
      ACT.code(args[at + 2], 'number')
      score_check(args[at + 9])
      expect('hash', SMS.talk_key(P, SMS.word(args[at + 4], 'hash')))
      local part, parts = string.match(args[at + 8], '^%x+|(%d+)|(%d+)$')
      if part and (tonumber(part) < 1 or tonumber(part) > tonumber(parts)) then
        error({ err = 'bad-input parts' })
      end
    elseif args[at] ~= 'r' or not SMS.RANK[args[at + 6]] then
      error({ err = 'bad-input sms item' })
    end
  end
  for at = 3, #args, n do
    local seen = P .. ':seen:' .. args[at + 1]
    if redis.call('EXISTS', seen) == 1 then
      push(answers, 'seen')
    elseif args[at] == 'r' then
      push(answers, SMS.report(P, at, args, now, channels))
      redis.call('SET', seen, '', 'EX', SMS.PARK_S)
    else
      push(answers, SMS.take_message(P, at, args, now, window))
      redis.call('SET', seen, '', 'EX', SMS.KEEP_S)
    end
  end
  return answers
end

-- Has this sender just said so? `words`: hash of sender and words, "s" in front of a short one. Short answers
-- ("1") to different questions are different messages, but not at one moment of the operator's clock, nor
-- faster than anybody answers.
function SMS.same(P, hash, words, time_ms, window)
  local keys = { P .. ':same:' .. words, P .. ':same:' .. words .. ':@' .. time_ms }
  local lives = { window, window }
  if string.sub(words, 1, 1) == 's' then
    local asked = redis.call('HGET', SMS.talk_key(P, hash), 'i') or '0'
    keys[3], lives[1], lives[3] = P .. ':same:' .. words .. ':' .. asked, math.min(window, SMS.HASTE_MS), window
  end
  for i, key in ipairs(keys) do -- what is a repeat takes no further key: the next real answer must find it free
    if (i ~= 2 or time_ms ~= '0') and not redis.call('SET', key, '', 'PX', int(lives[i]), 'NX') then
      return true
    end
  end
  return false
end

function SMS.take_message(P, at, args, now, window)
  local no, hash = args[at + 2], args[at + 4]
  local ref, part, parts = string.match(args[at + 8], '^(%x+)|(%d+)|(%d+)$')
  if not ref and SMS.same(P, hash, args[at + 5], args[at + 7], window) then
    return 'same'
  end
  local home = SMS.home(P, ref or '', no)
  local key = P .. ':sms:' .. home
  redis.call('HSET', key, 'pr', args[at + 3], 'h', hash, 'at', args[at + 6], 'vt', args[at + 7], 'n', parts or '1',
    'u', args[at + 8] == 'u' and '1' or '', 'p' .. (part or '1'), no .. args[at + 10] .. args[at + 11])
  redis.call('EXPIRE', key, SMS.KEEP_S)
  local job = ref and home .. '-' .. part or home
  redis.call('ZADD', queue_key(P, 'sms', 'ready'), args[at + 9], job)
  return 'new'
end

-- ---- For the worker ----

function SMS.cases(P, list)
  local cases = {}
  for _, no in ipairs(split(list or '', ',')) do
    local row = no ~= '' and redis.call('HMGET', case_key(P, no), 'v', 's', 't', 'o', 'u', 'f', 'p', 'k', 'rv', 'ho',
      'ck', 'a')
    if row and row[1] then
      local case = { no }
      for i = 1, 12 do
        case[i + 1] = row[i] or ''
      end
      push(cases, case)
    end
  end
  return cases
end

-- Arguments: numbers of messages (1..64). Answers per message {provider, sender's hash, received ms,
-- operator's ms, unreadable, parts, {part or "" …}, {asked, misses, people known, question number,
-- newest case},
-- {township, actor}, {cases …}, {cases
-- offered to an officer …}}, or "".
function SMS.load(keys, args)
  local P, answer = keys[1], {}
  for i, no in ipairs(args) do
    local row = redis.call('HMGET', P .. ':sms:' .. no, 'pr', 'h', 'at', 'vt', 'u', 'n')
    answer[i] = ''
    if row[1] then
      local parts = {}
      for k = 1, math.min(tonumber(row[6]), SMS.PARTS_MAX) do
        parts[k] = redis.call('HGET', P .. ':sms:' .. no, 'p' .. k) or ''
      end
      local talk = redis.call('HMGET', SMS.talk_key(P, row[2]), 'a', 'mi', 'pk', 'i', 'c', 'oc')
      local officer = redis.call('HMGET', P .. ':ophone:' .. row[2], 't', 'a')
      answer[i] = { row[1], row[2], row[3], row[4], row[5] or '', row[6], parts,
        { talk[1] or '', talk[2] or '0', talk[3] or '', talk[4] or '0',
          string.match(talk[5] or '', '^%d+') or '' }, { officer[1] or '', officer[2] or '' },
        SMS.cases(P, talk[5]), SMS.cases(P, officer[1] and talk[6]) }
    end
  end
  return answer
end

-- What a telephone is asked now, and about which case. `list`: field and value pairs for the talk.
function SMS.ask(list, talk, word, no, now, life_ms)
  push(list, 'a', word .. '|' .. no .. '|' .. int(now) .. '|' .. int(now + life_ms))
  push(list, 'i', int((tonumber(talk.i) or 0) + 1))
end

-- The newest case first; not more than CASES_MAX.
function SMS.link(list, talk, no, field)
  local cases = { no }
  for _, other in ipairs(split(talk[field] or '', ',')) do
    if other ~= '' and other ~= no and #cases < SMS.CASES_MAX then
      push(cases, other)
    end
  end
  push(list, field, table.concat(cases, ','))
end

function SMS.talk_read(P, hash)
  local row = redis.call('HMGET', SMS.talk_key(P, hash), 'c', 'i', 'r', 'x', 'a', 'oc')
  return { c = row[1] or '', i = row[2] or '0', r = row[3] or '', x = row[4] or '', a = row[5] or '',
    oc = row[6] or '' }
end

-- May one more automatic answer go to this telephone in this hour? Two machines that answer each other are
-- cut here. Life safety has as many again.
function SMS.may_answer(talk, list, now, most, life)
  local hour = int(math.floor(now / 3600000))
  local is, count = string.match(talk.r, '^(%d+)|(%d+)$')
  count = is == hour and tonumber(count) or 0
  if count >= (life and 2 * most or most) then
    return false
  end
  push(list, 'r', hour .. '|' .. int(count + 1))
  return true
end

-- The end of one message. Arguments: lease token, job id, message number, sender's hash; case to open: facts,
-- sealed, person's hash, wrapped key, job score, event tail ("" each if none); talk: case to link ("" none), "1" to
-- unlink it, question word, its case, its life ms, misses, people known ("1", "0" or "" as it is); answer:
-- payload ("" none), most automatic answers an hour, "1" for life safety; wait: case, until ms ("" none); the newest
-- case of this telephone when the message was read. Answers "ok", "cut" (no answer: too many), "stale", or
-- "changed": a case is to be opened, and meanwhile another message of this telephone has opened one.
function SMS.done(keys, args)
  args_check(args, 23, 23)
  local P, token, job, no, hash = keys[1], args[1], args[2], args[3], args[4]
  local batch, now = batch_new(P), now_ms()
  local life_ms, most = whole(args[15], 0, EXACT_MAX, 'life_ms'), whole(args[19], 0, 1000, 'most')
  batch_check(batch)
  expect('hash', SMS.talk_key(P, hash), queue_key(P, 'sms', 'jobs'))
  expect('zset', queue_key(P, 'sms', 'leased'))
  if not held_by(P, 'sms', token, { job })[job] then
    return 'stale'
  end
  local talk, list, answer = SMS.talk_read(P, hash), {}, 'ok'
  if args[5] ~= '' and (string.match(talk.c, '^%d+') or '') ~= args[23] then
    return 'changed'
  end
  if args[5] ~= '' and redis.call('EXISTS', case_key(P, no)) == 0 then
    local case = { no = no, s = 'NONE', v = 0, ev = '', set = {} }
    case_event(batch, case, 'receive', 'RECEIVED', args[10])
    case_set(case, 'f', args[5])
    case_set(case, 'p', args[6])
    case_set(case, 'h', args[7])
    case_set(case, 'k', args[8])
    job_add(batch, 'route', no, args[9], '')
  end
  if args[11] ~= '' then
    SMS.link(list, talk, args[11], 'c')
  end
  if args[12] == '1' then -- nothing of its cases goes to this telephone any more
    push(list, 'x', talk.c, 'c', '')
  end
  SMS.ask(list, talk, args[13], args[14], now, life_ms)
  push(list, 'mi', int(whole(args[16], 0, 1000, 'misses')))
  if args[17] ~= '' then
    push(list, 'pk', args[17])
  end
  if args[18] ~= '' then
    if SMS.may_answer(talk, list, now, most, args[20] == '1') then
      job_add(batch, 'notify', 'S' .. job, int(args[20] == '1' and now - 172800000 or now), args[18])
    else
      answer = 'cut'
    end
  end
  if args[21] ~= '' then
    push(batch.timers, whole(args[22], 1, EXACT_MAX, 'until_ms'), 'gather:' .. args[21])
  end
  batch_write(batch)
  call('HSET', SMS.talk_key(P, hash), list)
  redis.call('EXPIRE', SMS.talk_key(P, hash), SMS.KEEP_S)
  jobs_done(P, 'sms', { job })
  return answer
end

-- The citizen was asked how many they are and has not said: the case goes its way with what is known.
TIMERS['gather'] = function(batch, case, _, now)
  if case.s == 'TRIAGED' or case.s == 'RECEIVED' then
    local _, till = claim_parse(case.cl)
    if not (till and till > now) then
      job_add(batch, 'route', case.no, int(now), '')
    end
  end
end

-- ---- Outbox ----

-- Arguments per message: job id, out id, case ("" none), template, version, telephone's hash, payload, "o" if the
-- officer of the inbox is told as well, "officer" if he is the reader, question word ("" none; "-": none, and the case
-- is not linked), its life ms.
-- Answers per message "send:<channel>:<tries>:<1 if an answer to an earlier try stayed away>", "sent" (went out before)
-- or "off" (not wanted there).
function SMS.begin(keys, args)
  local P, n, now = keys[1], SMS.OUT_ARGS, now_ms()
  if #args % n ~= 0 or #args == 0 or #args > 64 * n then
    error({ err = 'bad-input out' })
  end
  local batch, answers, plan = batch_new(P), {}, {}
  batch_check(batch)
  for at = 1, #args, n do
    local id, no, hash = SMS.word(args[at + 1], 'id'), args[at + 2], SMS.word(args[at + 5], 'hash')
    expect('hash', P .. ':out:' .. id, SMS.talk_key(P, hash))
    expect('list', P .. ':outs:' .. no)
    local row = redis.call('HMGET', P .. ':out:' .. id, 's', 'n', 'ch', 'uk')
    local talk, list = SMS.talk_read(P, hash), {}
    local state, tries, channel = row[1], tonumber(row[2] or '0') + 1, row[3] or '0'
    if state and SMS.RANK[state] and SMS.RANK[state] >= SMS.RANK.accepted then
      push(answers, 'sent')
    elseif no ~= '' and args[at + 8] ~= '-' and (string.find(',' .. talk.x .. ',', ',' .. no .. ',', 1, true) or
      (args[at + 8] == 'place' and string.find(talk.a, 'place|' .. no .. '|', 1, true) == 1)) then
      push(answers, 'off') -- not wanted there, or just asked in the conversation
    else
      push(answers, 'send:' .. channel .. ':' .. int(tries) .. ':' .. (row[4] or '0'))
      if no ~= '' and args[at + 8] ~= '-' then
        SMS.link(list, talk, no, args[at + 7] == 'officer' and 'oc' or 'c')
        if args[at + 8] ~= '' then
          SMS.ask(list, talk, args[at + 8], no, now, whole(args[at + 9], 0, EXACT_MAX, 'life_ms'))
          push(list, 'mi', '0')
        end
      end
      push(plan, { id = id, hash = hash, talk = list, list = no ~= '' and tries == 1 and P .. ':outs:' .. no,
        fields = { 'c', no, 't', args[at + 3], 'tv', args[at + 4], 'h', hash, 's', 'sending', 'n',
          int(tries), 'ch', channel, 'at', int(now), 'pl', args[at + 6] } })
      if args[at + 7] == 'o' and tries == 1 then
        SMS.tell_officer(batch, no, now)
      end
    end
  end
  batch_write(batch)
  for _, p in ipairs(plan) do
    redis.call('HSET', P .. ':out:' .. p.id, unpack(p.fields))
    redis.call('EXPIRE', P .. ':out:' .. p.id, SMS.KEEP_S)
    if p.list then
      redis.call('RPUSH', p.list, p.id)
      redis.call('EXPIRE', p.list, SMS.KEEP_S)
    end
    if #p.talk > 0 then
      redis.call('HSET', SMS.talk_key(P, p.hash), unpack(p.talk))
      redis.call('EXPIRE', SMS.talk_key(P, p.hash), SMS.KEEP_S)
    end
  end
  return answers
end

-- A job for the officer's message, where the inbox has an officer with a registered telephone.
function SMS.tell_officer(batch, no, now, owner, version)
  if not owner then
    local row = redis.call('HMGET', case_key(batch.P, no), 'o', 'v', 'hd')
    owner, version = row[1] or '', row[2] or '0'
    if (row[3] or '') ~= '' then
      return -- somebody has it
    end
  end
  if owner ~= '' and redis.call('EXISTS', batch.P .. ':township:' .. owner .. ':phone') == 1 then
    job_add(batch, 'notify', 'O' .. no .. ':' .. version, int(now), 'officer-new|' .. owner .. '|0')
  end
end

-- What was parked about this try of a message, under its name there and under ours. Bad news about another try are
-- nobody's any more. Answers the state, and whether another channel may try.
function SMS.joined(P, provider, ref, id, word)
  local other, taken = false, word == 'accepted' or word == 'unknown'
  for _, name in ipairs({ ref, id }) do
    local park = P .. ':park:' .. provider .. ':' .. name
    local row = name ~= '' and redis.call('HMGET', park, 's', 'o', 'ref') or {}
    if row[1] then
      local ours = taken and ((row[3] or '') == '' or ref == '' or row[3] == ref)
      if SMS.RANK[row[1]] > SMS.RANK[word] and (ours or row[1] == 'delivered') then
        word, other = row[1], row[1] == 'failed' and row[2] == 'other'
      end
      redis.call('DEL', park)
    end
  end
  return word, other
end

-- Arguments per message: out id, state, channel (the next one to use), billed parts, operator, its name for the message
-- ("" none), case, when the citizen is told something by itself ("" never), channel that tries if a receipt has said
-- already that it failed ("" none). What was parked about it is joined. Answers per message "ok", or "again": the
-- other channel is to send it.
function SMS.sent(keys, args)
  local P, n, now, answers = keys[1], SMS.END_ARGS, now_ms(), {}
  if #args % n ~= 0 or #args == 0 or #args > 64 * n then
    error({ err = 'bad-input out' })
  end
  expect('zset', P .. ':timers')
  for at = 1, #args, n do
    expect('hash', P .. ':out:' .. SMS.word(args[at], 'id'))
    whole(args[at + 2], 0, 16, 'channel')
    whole(args[at + 3], 0, 1000, 'parts')
    if not SMS.RANK[args[at + 1]] or (args[at + 7] ~= '' and not whole(args[at + 7], 1, EXACT_MAX, 'silence')) or
      (args[at + 8] ~= '' and not whole(args[at + 8], 1, 16, 'next')) then
      error({ err = 'bad-input out state' })
    end
  end
  for at = 1, #args, n do
    local id, provider, ref, channel = args[at], args[at + 4], args[at + 5], args[at + 2]
    local key = P .. ':out:' .. id
    local state = redis.call('HGET', key, 's') or 'sending'
    local word, other = SMS.joined(P, provider, ref, id, args[at + 1]) -- a receipt may be faster than the answer
    word = SMS.RANK[state] > SMS.RANK[word] and state or word
    local again = other and word == 'failed' and args[at + 8] ~= ''
    if again then
      word, channel = 'sending', args[at + 8]
    end
    local fields = { 's', word, 'ch', channel, 'b', args[at + 3], 'pr', provider, 'ref', ref, 'at', int(now) }
    if args[at + 1] == 'unknown' then
      push(fields, 'uk', '1')
    end
    redis.call('HSET', key, unpack(fields))
    if ref ~= '' then
      redis.call('SET', P .. ':outref:' .. provider .. ':' .. ref, id, 'EX', SMS.PARK_S)
    end
    if args[at + 7] ~= '' then
      redis.call('ZADD', P .. ':timers', args[at + 7], 'silence:' .. args[at + 6])
    end
    push(answers, again and 'again' or 'ok')
  end
  return answers
end

-- Argument: case number. Answers {township, inbox, id, template, version, state, tries, channel, parts, at, operator,
-- …}, oldest first; {} if there is no case.
function SMS.of_case(keys, args)
  local P, no = keys[1], ACT.code(args[1], 'case')
  local row = redis.call('HMGET', case_key(P, no), 's', 't', 'o')
  if not row[1] then
    return {}
  end
  local answer = { row[2] or '', row[3] or '' }
  for _, id in ipairs(redis.call('LRANGE', P .. ':outs:' .. no, -SMS.LIST_MAX, -1)) do
    local out = redis.call('HMGET', P .. ':out:' .. id, 't', 'tv', 's', 'n', 'ch', 'b', 'at', 'pr')
    if out[1] then
      push(answer, id)
      for i = 1, 8 do
        push(answer, out[i] or '')
      end
    end
  end
  return answer
end

-- ---- Silence, officers, and what follows from the citizen's word ----

SMS.OVER = { ARCHIVED = true, WITHDRAWN = true, DUPLICATE = true, CANCELLED = true, CONSULT_CLOSED = true }

-- Nobody has told the citizen anything for so long: who has the case, and what is due next.
TIMERS['silence'] = function(batch, case, _, now)
  if SMS.OVER[case.s] then
    return nil
  end
  local due = tonumber(string.match(case.rv, ':(%d+)$') or '0')
  for text in string.gmatch(redis.call('HGET', case_key(batch.P, case.no), 'ck') or '', '%l+=(%d+)/') do
    local at = tonumber(text)
    if at > now and (due <= now or at < due) then
      due = at
    end
  end
  job_add(batch, 'notify', case.no .. ':s' .. int(now), int(now),
    'silence|' .. (case.o ~= '' and case.o or case.t) .. '|' .. (due > now and int(due) or '0'))
  return nil -- its message sets the next one
end

-- A word of the citizen. extra: the word ("" none). "money-yes" is kept (field cy) until the review is done:
-- closing needs it.
VERBS['note'] = {
  plan = function(_, case, x, _, now, say)
    local word = x[1] or ''
    say(word ~= '' and ',"word":"' .. ACT.plain(word, 'word') .. '"' or nil)
    if word == 'money-yes' or word == 'money-no' then
      case_set(case, 'cy', word == 'money-yes' and int(now) or '')
    end
  end }

-- The review is done: who has said that the money came has been followed up by it; who has not is asked.
SMS.confirm = VERBS['confirm'].plan
VERBS['confirm'].plan = function(batch, case, x, who, now, say, tail)
  local word = SMS.confirm(batch, case, x, who, now, say, tail)
  local to = not word and move('follow-up', case.s)
  local said = to and redis.call('HGET', case_key(batch.P, case.no), 'cy')
  if said and said ~= '' then
    case_event(batch, case, 'follow-up', to, fragment(now, 'citizen:sms', 'money-yes') .. ',"said_ms":' .. said)
    for _, kind in ipairs(VERBS['follow-up'].stops or {}) do
      clock_stop(batch, case, kind)
    end
  elseif to then
    job_add(batch, 'notify', case.no .. ':' .. int(case.v), int(now), 'confirmed||0')
  end
  return word
end

-- "The money did not come" takes an earlier yes back.
SMS.attempt = VERBS['attempt'].plan
VERBS['attempt'].plan = function(batch, case, x, who, now, say, tail)
  if x[1] == 'no' then
    case_set(case, 'cy', '')
  end
  return SMS.attempt(batch, case, x, who, now, say, tail)
end

-- Passed on to the next township: its officer is told as well.
SMS.accept_timer = TIMERS['accept']
TIMERS['accept'] = function(batch, case, limits, now)
  local before = case.o
  local again = SMS.accept_timer(batch, case, limits, now)
  if case.o ~= before then
    SMS.tell_officer(batch, case.no, now, case.o, int(case.v))
  end
  return again
end

-- The township's officer without a smartphone. Arguments: township or desk, telephone's hash ("" takes it off the
-- list), actor, sealed number, wrapped key, event tail. Answers "ok".
function SMS.officer(keys, args)
  args_check(args, 6, 6)
  local P, code, hash = keys[1], ACT.code(args[1], 'township'), SMS.word(args[2], 'hash')
  local key = P .. ':township:' .. code .. ':phone'
  expect('hash', key, P .. ':ophone:' .. hash)
  expect('stream', P .. ':events')
  local before = redis.call('HGET', key, 'h')
  redis.call('XADD', P .. ':events', '*', 'duty:' .. code, '{"verb":"officer-phone",' .. args[6] .. ',"set":' ..
    (hash == '' and 'false' or 'true') .. '}')
  if before then
    redis.call('DEL', P .. ':ophone:' .. before, key)
  end
  if hash ~= '' then
    redis.call('HSET', P .. ':ophone:' .. hash, 't', code, 'a', args[3])
    redis.call('HSET', key, 'h', hash, 'a', args[3], 'p', args[4], 'k', args[5])
  end
  return 'ok'
end

-- Arguments: township codes (1..64). Answers per code {hash, sealed, wrapped key, actor} or "".
function SMS.officers(keys, args)
  local answer = {}
  for i, code in ipairs(args) do
    local row = redis.call('HMGET', keys[1] .. ':township:' .. code .. ':phone', 'h', 'p', 'k', 'a')
    answer[i] = row[1] and row or ''
  end
  return answer
end

redis.register_function('jiuji_sms_take', SMS.take)
redis.register_function('jiuji_sms_done', SMS.done)
redis.register_function('jiuji_sms_begin', SMS.begin)
redis.register_function{ function_name = 'jiuji_sms_sent', callback = SMS.sent, flags = { 'allow-oom' } }
redis.register_function('jiuji_sms_officer', SMS.officer)
redis.register_function{ function_name = 'jiuji_sms_load', callback = SMS.load, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_sms_of_case', callback = SMS.of_case, flags = { 'no-writes' } }
redis.register_function{ function_name = 'jiuji_sms_officers', callback = SMS.officers, flags = { 'no-writes' } }
