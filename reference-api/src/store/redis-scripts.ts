/** KEYS: the key. ARGV: body digest, token, lease in ms. */
export const CLAIM = `
local kept = redis.call('HMGET', KEYS[1], 'digest', 'status', 'text')
if kept[1] then
  if kept[1] ~= ARGV[1] then return {'reused'} end
  if kept[2] then return {'stored', kept[2], kept[3]} end
  return {'running'}
end
redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'token', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {'claimed'}`

/** KEYS: the key, the queue, the postponed. ARGV: token (empty: no key), status, text, ttl in ms, queue limit, work… */
export const SETTLE = `
local count = #ARGV - 5
if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 'lost' end
if count > 0 and redis.call('XLEN', KEYS[2]) + redis.call('ZCARD', KEYS[3]) + count > tonumber(ARGV[5]) then return 'full' end
for i = 6, #ARGV do redis.call('XADD', KEYS[2], '*', 'item', ARGV[i]) end
if ARGV[1] ~= '' then
  redis.call('HDEL', KEYS[1], 'token')
  redis.call('HSET', KEYS[1], 'status', ARGV[2], 'text', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 'kept'`

/** KEYS: the key. ARGV: token. */
export const RELEASE = `
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 'ok'`

/** KEYS: the queue, where it goes. ARGV: group, entry, when it is due in ms (empty: kept aside), the item (empty: it is done). */
export const LEAVE = `
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if ARGV[4] == '' then return 'ok' end
if ARGV[3] == '' then redis.call('XADD', KEYS[2], '*', 'item', ARGV[4])
else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4]) end
return 'ok'`

/** KEYS: the postponed, the queue. ARGV: now in ms. Brings back what is due, in the order in which it is. */
export const RESUME = `
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 100)
for _, item in ipairs(due) do
  redis.call('XADD', KEYS[2], '*', 'item', item)
  redis.call('ZREM', KEYS[1], item)
end
return #due`
