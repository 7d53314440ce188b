-- The ledger beyond payments: where a fund's money comes from, what it asks for, what it owes, and its cash
-- box. LEDGER itself (FIELDS, SOURCE) is made from queue/domain/ledger.h.

-- The reserve that stands behind a fund: that of its county (the first six digits), else that of the
-- region; "" for the region itself. known: a table that remembers across calls. Answers code, available.
function LEDGER.reserve_of(P, code, known)
  local region = string.sub(P, 2, -2)
  for _, reserve in ipairs({ string.sub(code, 1, 6), region }) do
    if reserve ~= code then
      if known[reserve] == nil then
        known[reserve] = redis.call('HGET', P .. ':fund:' .. reserve, 'available') or ''
      end
      if known[reserve] ~= '' then
        return reserve, known[reserve]
      end
    end
  end
  return '', '0'
end

function LEDGER.ask_by_itself(_, fund)
  fund.low = nil
end
