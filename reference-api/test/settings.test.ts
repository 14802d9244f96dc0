import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readSettings, SettingsError } from '../src/settings.ts'

const USERS = { API_USERS: 'acme:secret' }

function problemsOf(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    readSettings(environment)
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.message.split('\n')
  }
  return []
}

describe('readSettings', () => {
  it('has a default for everything but the users', () => {
    const settings = readSettings(USERS)
    assert.deepEqual([settings.host, settings.port, settings.adminPort], ['127.0.0.1', 3000, 3001])
    assert.deepEqual(settings.idempotency, { isRequired: false, field: null, ttlMs: 604_800_000, keys: 2_000_000 })
    assert.equal(settings.faults, null)
  })

  it('refuses to start without users: there is no default password', () => {
    assert.match(problemsOf({})[0] ?? '', /expected `API_USERS` to hold at least one user:password, got none/)
  })

  it('reads several users, two passwords for one, and passwords with colons', () => {
    const { users } = readSettings({ API_USERS: 'a:1,a:2,b:x:y' })
    assert.deepEqual(
      users.map(({ name, password }) => [name, password]),
      [
        ['a', '1'],
        ['a', '2'],
        ['b', 'x:y'],
      ],
    )
  })

  it('reads users from a file, where a password may hold commas', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'reference-api-')), 'users')
    writeFileSync(file, '# ours\r\nacme:a,b\r\n\r\n')
    assert.deepEqual(readSettings({ API_USERS_FILE: file }).users, [{ name: 'acme', password: 'a,b' }])
  })

  it('names all problems at once, and no secret', () => {
    const problems = problemsOf({
      API_USERS: 'topsecret1,a:topsecret2,a:topsecret3,a:topsecret4',
      PORT: '70000',
      ADMIN_PORT: 'x',
      REDIS_URL: 'http://user:topsecret5@host',
      TLS_CERT: '/nowhere.pem',
      IP_ALLOW: '10.0.0.0/64',
      IDEMPOTENCY: 'always',
      IDEMPOTENCY_FIELD: 'request_id',
      IDEMPOTENCY_TTL: '7 days',
      QUEUE_LIMIT: '999',
      LOG_LEVEL: 'loud',
      FAULTS: 'x',
      WEBHOOK_SECRET_SVIX: 'whsec_topsecret6!',
      WEBHOOK_SECRET_CROSSRIVER: 'topsecret7',
      WEBHOOK_SECRET_RECEEVE: '/nowhere.pem',
    })
    const named = problems.map((problem) => /`(\w+)`/.exec(problem)?.[1])
    const expected =
      'API_USERS PORT ADMIN_PORT REDIS_URL TLS_KEY IP_ALLOW IDEMPOTENCY IDEMPOTENCY_FIELD IDEMPOTENCY_TTL QUEUE_LIMIT ' +
      'LOG_LEVEL FAULTS WEBHOOK_SECRET_SVIX WEBHOOK_SECRET_CROSSRIVER WEBHOOK_SECRET_RECEEVE'
    assert.deepEqual(new Set(named), new Set(expected.split(' ')))
    assert.doesNotMatch(problems.join(), /topsecret/)
  })

  it('refuses a queue without room for the largest batch: that would be turned away for ever', () => {
    assert.match(problemsOf({ ...USERS, QUEUE_LIMIT: '999' })[0] ?? '', /expected `QUEUE_LIMIT` to be .* from 1000 to /)
    assert.equal(readSettings({ ...USERS, QUEUE_LIMIT: '1000' }).queueLimit, 1000)
  })

  it('refuses users with control characters, without a name or a password', () => {
    for (const users of ['acme', 'acme:', ':secret', 'acme:se\ncret', 'ac\0me:secret']) {
      assert.equal(problemsOf({ API_USERS: users }).length, 1, JSON.stringify(users))
    }
  })

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readSettings({ ...USERS, PORT: '', REDIS_URL: '', FAULTS: '' }).port, 3000)
  })
})
