import { randomBytes } from 'node:crypto'
import { mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { provideSecretKeys, Vault } from '../../src/vault/vault.ts'

const FIRST = randomBytes(32).toString('base64')
const SECOND = randomBytes(32).toString('base64')
const record = 'endpoint/ep_1'

function keysOf(env: Readonly<Record<string, string>>, dataFolder = '/nowhere'): ReturnType<typeof provideSecretKeys> {
  return provideSecretKeys({ env, dataFolder, warn: (text) => expect(text).toContain('secret.key') })
}

function vaultOf(...keys: readonly string[]): Vault {
  return new Vault(keysOf({ HOOKCAST_SECRET_KEY: keys.join(',') }))
}

describe('a vault', () => {
  it('opens what it has sealed, whatever it is', () => {
    const vault = vaultOf(FIRST)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (plain, record) => {
        const sealed = vault.seal(plain, { record })
        expect(vault.open(sealed, { record })).toBe(plain)
      }),
    )
  })

  it('seals the same secret differently each time, and shows nothing of it', () => {
    const vault = vaultOf(FIRST)
    const sealed = [1, 2].map(() => vault.seal('whsec_canary', { record }))
    expect(sealed[0]).not.toBe(sealed[1])
    for (const text of sealed) {
      expect(text).toMatch(/^s1\.[\w-]{8}\.[\w-]+$/)
      expect(Buffer.from(text.split('.')[2] ?? '', 'base64url').includes('canary')).toBe(false)
    }
  })

  it('opens nothing under the name of another record', () => {
    const vault = vaultOf(FIRST)
    const sealed = vault.seal('canary', { record })
    const refused = (): string => vault.open(sealed, { record: 'endpoint/ep_2' })
    expect(refused).toThrow('The stored secret is not as it was sealed: endpoint/ep_2')
    expect(refused).toThrow(expect.objectContaining({ code: 'HOOKCAST_SECRET_SEALED' }) as Error)
  })

  it('opens nothing of which one character was changed, taken away or added', () => {
    const vault = vaultOf(FIRST, SECOND)
    const sealed = vault.seal('canary', { record })
    const others = Array.from(sealed, (character, at) => [
      sealed.slice(0, at) + (character === 'A' ? 'B' : 'A') + sealed.slice(at + 1),
      sealed.slice(0, at) + sealed.slice(at + 1),
      `${sealed.slice(0, at)}=${sealed.slice(at)}`,
    ]).flat()
    for (const other of [...others, `${sealed}.`, `${sealed}=`, ` ${sealed}`, '', 's1', 'canary']) {
      expect(() => vault.open(other, { record })).toThrow(
        expect.objectContaining({ code: 'HOOKCAST_SECRET_SEALED' }) as Error,
      )
    }
  })

  it('seals with the first key, and still opens what the others have sealed', () => {
    const old = vaultOf(FIRST)
    const rotated = vaultOf(SECOND, FIRST)
    const before = old.seal('secret', { record })
    const after = rotated.seal('secret', { record })
    expect(rotated.open(before, { record })).toBe('secret')
    expect([before, after].map((sealed) => rotated.isSealedByFirst(sealed))).toEqual([false, true])
    expect(vaultOf(SECOND).open(after, { record })).toBe('secret')
    expect(() => old.open(after, { record })).toThrow(
      /^expected the secret of endpoint\/ep_1 to be sealed by a key that is set \([\w-]{8}\), got one sealed by [\w-]{8}$/,
    )
  })
})

describe('the keys of a vault', () => {
  it('come from a file, which may be that of several, one a line', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'vault-'))
    const file = join(folder.path, 'keys')
    writeFileSync(file, `${SECOND}\n${FIRST}\n`)
    const vault = new Vault(keysOf({ HOOKCAST_SECRET_KEY_FILE: file }))
    expect(vault.open(vaultOf(FIRST).seal('secret', { record }), { record })).toBe('secret')
  })

  it('are one made in the data folder, for its owner alone, when none is set; it is named, and kept', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'vault-'))
    const dataFolder = join(folder.path, 'data')
    const path = join(dataFolder, 'secret.key')
    const told: string[] = []
    const [first, second] = [1, 2].map(() =>
      provideSecretKeys({ env: {}, dataFolder, warn: (text) => void told.push(text) }),
    )
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(Buffer.from(readFileSync(path, 'utf8'), 'base64')).toHaveLength(32)
    expect(second).toEqual(first)
    expect(told).toHaveLength(2)
    for (const text of told) expect(text).toContain(`beside them: ${path};`)
  })

  it.each([
    [{ HOOKCAST_SECRET_KEY: 'canary' }, 'expected HOOKCAST_SECRET_KEY to be 32 bytes in base64, got 4 bytes'],
    [{ HOOKCAST_SECRET_KEY: `${FIRST},can ary` }, 'got 2 bytes'],
    [{ HOOKCAST_SECRET_KEY: 'canary!' }, 'got something else'],
    [{ HOOKCAST_SECRET_KEY: ' , ' }, 'got nothing'],
    [
      { HOOKCAST_SECRET_KEY: FIRST, HOOKCAST_SECRET_KEY_FILE: '/x' },
      'contradicting variables: HOOKCAST_SECRET_KEY and',
    ],
    [{ HOOKCAST_SECRET_KEY_FILE: '/nowhere/k' }, 'file of HOOKCAST_SECRET_KEY_FILE not readable: /nowhere/k'],
  ])('are none of what is no key: %o', (env, message) => {
    expect(() => keysOf(env)).toThrow(message)
    expect(() => keysOf(env)).not.toThrow('canary')
    expect(() => keysOf(env)).toThrow(expect.objectContaining({ code: 'HOOKCAST_CONFIG_INVALID' }) as Error)
  })
})
