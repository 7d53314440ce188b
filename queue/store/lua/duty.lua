-- Who is on duty where.

-- An officer signs in or out; the others of his township stay as they are. Arguments: township, until
-- ms (0 = out), actor, event tail. Answers "ok".
local function duty(keys, args)
  args_check(args, 4, 4)
  local P, code, actor, now = keys[1], args[1], args[3], now_ms()
  local till = whole(args[2], 0, EXACT_MAX, 'until_ms')
  if not string.match(actor, '^[^=,]+$') then
    error({ err = 'bad-input actor' })
  end
  expect('stream', P .. ':events')
  expect('hash', P .. ':duty')
  local list = {}
  for who, ends in string.gmatch(redis.call('HGET', P .. ':duty', code) or '', '([^=,]+)=(%d+)') do
    if who ~= actor and tonumber(ends) > now then
      push(list, who .. '=' .. ends)
    end
  end
  if till > now then
    push(list, actor .. '=' .. int(till))
  end
  redis.call('XADD', P .. ':events', '*', 'duty:' .. code, '{"verb":"duty",' .. args[4] .. ',"until_ms":' ..
    int(till) .. '}')
  redis.call('HSET', P .. ':duty', code, table.concat(list, ','))
  return 'ok'
end

redis.register_function('jiuji_duty', duty)
