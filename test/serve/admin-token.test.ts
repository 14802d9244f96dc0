import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Tokens } from '../../src/access/access.ts'
import { provideAdministrator } from '../../src/serve/admin-token.ts'
import { createParts, type Parts } from './fixture.ts'

const TOKEN = 'a-token-of-more-than-32-characters-0'

async function provide(
  { store, clock }: Parts,
  env: Readonly<Record<string, string>>,
  isTerminal = false,
): Promise<{ tokens: Tokens; told: string[] }> {
  const tokens = new Tokens(store, clock)
  const told: string[] = []
  await provideAdministrator(tokens, { env, isTerminal, tell: (text) => void told.push(text) })
  return { tokens, told }
}

describe('the administrator of a service', () => {
  it('is shown a token on a terminal, once', async () => {
    using parts = createParts()
    const { tokens, told } = await provide(parts, {}, true)
    const token = / (\S+)$/.exec(told.join())?.[1] ?? ''
    expect(tokens.verify(token)).toMatchObject({ role: 'admin' })
    expect((await provide(parts, {}, true)).told).toEqual([])
  })

  it('is never shown a token elsewhere: it would end up in a log', async () => {
    using parts = createParts()
    await expect(provide(parts, {})).rejects.toThrow(
      'environment expected HOOKCAST_ADMIN_TOKEN or HOOKCAST_ADMIN_TOKEN_FILE to be set',
    )
  })

  it('has the token of the environment, or that of a file, and no longer the one before', async () => {
    using parts = createParts()
    const file = join(parts.folder, 'token')
    writeFileSync(file, `${TOKEN}-2\n`)
    const first = await provide(parts, { HOOKCAST_ADMIN_TOKEN: TOKEN }, true)
    expect(first.tokens.verify(TOKEN)).toMatchObject({ role: 'admin' })
    const { tokens, told } = await provide(parts, { HOOKCAST_ADMIN_TOKEN_FILE: file })
    expect(tokens.verify(`${TOKEN}-2`)).toMatchObject({ role: 'admin' })
    expect(tokens.verify(TOKEN)).toBeNull()
    expect([...first.told, ...told]).toEqual([])
  })

  it.each([
    [{ HOOKCAST_ADMIN_TOKEN: TOKEN, HOOKCAST_ADMIN_TOKEN_FILE: '/x' }, 'contradicting variables'],
    [{ HOOKCAST_ADMIN_TOKEN_FILE: '/nowhere/token' }, 'file of HOOKCAST_ADMIN_TOKEN_FILE not readable: /nowhere/token'],
    [{ HOOKCAST_ADMIN_TOKEN: 'canary' }, 'to be 32 to 512 characters without spaces, got 6'],
  ])('is not made of what cannot be: %o', async (env, message) => {
    using parts = createParts()
    const refused = provide(parts, env)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.not.toThrow('canary')
  })
})
