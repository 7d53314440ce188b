-- The verbs of a case's way from hand to hand: who has it, who sends it on, how it ends.

local LIFE = { ALL_CLOCKS = { 'pay', 'review', 'publicity', 'county', 'followup' } }

-- Out of the second inbox it was offered to.
local function unoffer(batch, case)
  local second, limit, chain = cascade_parse(case.q)
  if second ~= '' then
    inbox_count(batch, second)
    batch.inbox = batch.inbox or {}
    push(batch.inbox, { from = second, to = '', no = case.no, score = '0' })
    case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
  end
end

-- To the desk x[i] (a code) with the score behind it; whoever held it has let go of it.
function LIFE.to_desk(batch, case, x, i)
  case_set(case, 'cl', '')
  inbox_move(batch, case, ACT.code(x[i], 'desk'), x[i + 1] or '0')
end

-- Back to the township that acts.
function LIFE.to_township(batch, case, score)
  case_set(case, 'cl', '')
  inbox_move(batch, case, case.t ~= '' and case.t or string.sub(batch.P, 2, -2), score or '0') -- else the region's desk
end

-- extra: township, inbox score, whom to try behind it, until when it is to be accepted (accept_times; "": as
-- long as before)
function LIFE.send(batch, case, x, now)
  local _, limit = cascade_parse(case.q)
  local chain, by, warn = x[3] or '', x[4] or '', nil
  if by ~= '' then
    by, warn = accept_times(by)
    limit = math.max(60000, by - now)
  end
  if not string.match(chain, '^[%d,]*$') then
    error({ err = 'bad-input chain' })
  end
  case_set(case, 't', ACT.code(x[1], 'township'))
  case_set(case, 'cl', '') -- whoever sends it on has let go of it
  case_set(case, 'q', '|' .. int(limit) .. '|' .. chain)
  inbox_move(batch, case, x[1], x[2])
  if limit > 0 then
    accept_start(batch, case.no, now + limit, warn)
  end
end

-- extra: as LIFE.send, then after how many returns only the county sends it on (指定承办; policy return.times)
VERBS['dispatch'] = { extras = 5,
  check = function(case, x)
    return ACT.number(case.rn) >= whole(x[5], 1, 99, 'returns') and 'designate' or nil
  end,
  plan = function(batch, case, x, _, now, say)
    say()
    LIFE.send(batch, case, x, now)
  end }

-- Whoever is designated has to take it: no clock moves it on to neighbours, and it cannot be returned.
VERBS['designate'] = { extras = 2,
  plan = function(batch, case, x, _, _, say)
    say()
    case_set(case, 't', ACT.code(x[1], 'township'))
    case_set(case, 'cl', '')
    case_set(case, 'q', '|0|')
    inbox_move(batch, case, x[1], x[2])
  end }

-- extra: region code: its duty desk sends it on; "1" if the time in which a township may return it is over (left out
-- where the case is not accepted yet: then the cascade takes it away in that time)
VERBS['return'] = { extras = 1, claim = true,
  check = function(_, x)
    return x[2] == '1' and 'late-return' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    say()
    case_set(case, 'hd', '') -- whoever gets it next has yet to accept it
    case_set(case, 'rn', int(ACT.number(case.rn) + 1))
    accept_stop(batch, case.no)
    LIFE.to_desk(batch, case, x, 1)
  end }

VERBS['accept'] = { claim = true, decides = true,
  plan = function(batch, case, _, who, _, say)
    say()
    case_set(case, 'hd', who)
    accept_stop(batch, case.no)
  end }

VERBS['verify'] = { claim = true, decides = true,
  plan = function(batch, case, _, who, _, say)
    say()
    case_set(case, 'hd', who)
    if case.pb ~= '' then -- what is verified anew is published anew
      case_set(case, 'pb', '')
      later(batch, 'zset', 'ZREM', batch.P .. ':publicity', case.no)
      push(batch.untimers, 'takedown:' .. case.no)
    end
  end }

-- The envelope writes its own event. Who grants money has taken the case on: it does not go to
-- neighbours any more.
VERBS['first-aid'] = { extras = AID_ARGS, claim = true, decides = true, silent = true,
  check = function(case, x, _, _, batch)
    if case.s == 'PAY_FAILED' and string.match(case.g, '^APPROVED') then
      return 'grant-open'
    end
    return aid_refusal(batch, case, aid_parse(x, 1))
  end,
  plan = function(batch, case, x, who)
    aid_plan(batch, case, aid_parse(x, 1))
    case_set(case, 'hd', who)
    accept_stop(batch, case.no)
  end }

VERBS['papers'] = { extras = 2, claim = true, decides = true, -- extra: desk whose reviewers confirm, inbox score
  plan = function(batch, case, x, who, _, say)
    say()
    case_set(case, 'hd', who)
    case_set(case, 'rv', 'PAPERS_OK:' .. (string.match(case.rv, ':(%d+)$') or '0'))
    push(batch.untimers, 'papers:' .. case.no)
    LIFE.to_desk(batch, case, x, 1)
  end }

-- The last of so many attempts in vain (policy follow_up.attempts) counts as followed up. "no" ("the money did
-- not come"): the county's duty desk looks at it first.
VERBS['attempt'] = { extras = 2, -- extra: answer, region code; of "unreachable" how many attempts count
  instead = function(case, x)
    local last = x[1] == 'unreachable' and ACT.number(case.ca) + 1 >= whole(x[3], 1, 99, 'attempts')
    return last and move('follow-up', case.s) and 'follow-up' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    say()
    if x[1] == 'no' then
      LIFE.to_desk(batch, case, { x[2] }, 1)
    else
      case_set(case, 'ca', int(ACT.number(case.ca) + 1))
    end
  end }

VERBS['follow-up'] = { stops = { 'followup' },
  check = function(case)
    return case.s == 'REFERRED' and string.find(case.rf, ':WAITS:', 1, true) and 'not-acknowledged' or nil
  end }

-- So often as the policy lets (follow_up.redo_times), when the citizen is not satisfied; then the county's duty
-- desk has to talk to him.
VERBS['redo'] = { extras = 3, -- extra: desk, inbox score (of a rejection: who reconsiders it), how often
  check = function(case, x)
    return ACT.number(case.rd) >= whole(x[3], 0, 99, 'redo_times') and 'redone' or nil
  end,
  plan = function(batch, case, x, _, _, say)
    say()
    case_set(case, 'rd', int(ACT.number(case.rd) + 1))
    LIFE.to_desk(batch, case, x, 1)
  end }

function LIFE.leave(batch, case)
  unoffer(batch, case)
  case_set(case, 'cl', '')
  for _, kind in ipairs({ 'accept', 'accept-warn', 'papers', 'takedown', 'instalment', 'refer' }) do
    push(batch.untimers, kind .. ':' .. case.no)
  end
  inbox_move(batch, case, '', '0')
end

-- Nobody ends a case while the citizen is owed what he has repaid and the bank gave back as well (review.lua).
function LIFE.even(case)
  return RECOVERY.sum(RECOVERY.parts(case), 'o') > 0 and 'surplus' or nil
end

-- Nobody withdraws, joins or cancels a case for which money is under way or has been paid.
function LIFE.unpaid(case)
  return ACT.number(case.a) > 0 and 'paid' or LIFE.even(case)
end

function LIFE.end_plan(batch, case, _, _, _, say)
  say()
  LIFE.leave(batch, case)
end

VERBS['close'] = { stops = LIFE.ALL_CLOCKS, check = LIFE.even, plan = LIFE.end_plan }
VERBS['withdraw'] = { stops = LIFE.ALL_CLOCKS, check = LIFE.unpaid, plan = LIFE.end_plan }
VERBS['cancel'] = { stops = LIFE.ALL_CLOCKS, check = LIFE.unpaid, plan = LIFE.end_plan }
VERBS['consult'] = { stops = { 'review', 'county', 'pay' },
  check = LIFE.unpaid,
  plan = function(batch, case, _, who, _, say)
    say()
    case_set(case, 'hd', who)
    if case.o == '' then -- answered before it was routed: whoever follows up must find it
      inbox_move(batch, case, string.sub(batch.P, 2, -2), '0')
    end
    accept_stop(batch, case.no)
  end }

-- Joined to an older case of the same event; nothing is deleted, and both show it.
VERBS['duplicate'] = { stops = LIFE.ALL_CLOCKS, extras = 1, -- extra: the other case
  check = function(case, x, _, _, batch)
    local paid = LIFE.unpaid(case)
    if paid then
      return paid
    end
    local other = redis.call('HGET', case_key(batch.P, ACT.code(x[1], 'case')), 's')
    if not other or x[1] == case.no or other == 'DUPLICATE' then
      return 'no-master'
    end
    return nil
  end,
  plan = function(batch, case, x, _, _, say, tail)
    say(',"master":"' .. x[1] .. '"')
    case_set(case, 'dm', x[1])
    case_set(case, 'lk', LINKS.linked(batch.P, case, x[1], 'master'))
    LIFE.leave(batch, case)
    LINKS.tell(batch, x[1], case.no, 'duplicate', tail)
  end }

-- Two cases that have to do with each other: both show it (links.lua finds those that are alike by itself).
VERBS['link'] = { extras = 2, -- extra: the other case, kind (a word)
  check = function(case, x, _, _, batch)
    return (x[1] == case.no or redis.call('EXISTS', case_key(batch.P, ACT.code(x[1], 'case'))) == 0) and 'no-master' or
      nil
  end,
  plan = function(batch, case, x, _, _, say, tail)
    say(',"case":"' .. x[1] .. '","kind":"' .. ACT.plain(x[2], 'kind') .. '"')
    case_set(case, 'lk', LINKS.linked(batch.P, case, x[1], x[2]))
    LINKS.tell(batch, x[1], case.no, x[2], tail)
  end }

-- The county has looked at it (抽查). extra: "ok" or "doubt"
VERBS['checked'] = { extras = 1, decides = true, apart = { 'mk', 'hd' },
  plan = function(batch, case, x, _, _, say)
    if x[1] ~= 'ok' and x[1] ~= 'doubt' then
      error({ err = 'bad-input result' })
    end
    say(',"result":"' .. x[1] .. '"')
    later(batch, 'zset', 'ZREM', batch.P .. ':spotchecks', case.no)
  end }

VERBS['hand-back'] = { claim = true,
  plan = function(batch, case, _, _, _, say)
    say()
    case_set(case, 'cl', '')
    inbox_move(batch, case, case.o, case.ib ~= '' and case.ib or '0')
  end }

VERBS['reveal'] = { claim = true }

-- "I am related to these people": from now on he decides nothing here, and it lies with the county.
VERBS['recuse'] = { extras = 2, -- extra: desk, inbox score
  plan = function(batch, case, x, who, _, say)
    say()
    case_set(case, 'rl', (case.rl == '' and ',' or case.rl) .. who .. ',')
    LIFE.to_desk(batch, case, x, 1)
  end }

-- What the caller or the citizen adds. extra: facts JSON, sealed personal data ("" each as they are), and
-- the score of a route job when the place was missing ("" none), "CRITICAL" when life is in danger now.
VERBS['add'] = { extras = 4,
  plan = function(batch, case, x, _, _, say)
    say()
    if x[1] ~= '' then
      case_set(case, 'f', x[1])
    end
    if x[2] ~= '' then
      case_set(case, 'p', x[2])
    end
    if x[3] ~= '' and (case.s == 'TRIAGED' or case.s == 'RECEIVED') then
      job_add(batch, 'route', case.no, x[3], '')
    end
    if x[4] == 'CRITICAL' and case.u ~= x[4] then
      case_set(case, 'u', x[4])
      if case.o ~= '' and case.cl == '' then -- whoever holds it has it before his eyes already
        inbox_move(batch, case, case.o, '0')
      end
    end
  end }

VERBS['rate'] = { extras = 1, -- extra: 1..5
  plan = function(_, case, x, _, _, say)
    say(',"rating":' .. int(whole(x[1], 1, 5, 'rating')))
    case_set(case, 'ra', x[1])
  end }

-- extra: the personal data sealed anew with another account, and what it is found by (LINKS.account). While money is
-- on its way it stays.
VERBS['account'] = { extras = 1, claim = true, decides = true,
  plan = function(batch, case, x, _, now, say, tail)
    if x[1] == '' then
      error({ err = 'bad-input sealed' })
    end
    LINKS.account(batch, case, x[2] or '', now, tail, say)
    case_set(case, 'p', x[1])
  end }
