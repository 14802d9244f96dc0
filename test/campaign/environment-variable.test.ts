import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readVariable } from '../../src/campaign/environment-variable.ts'
import { resolveSecret } from '../../src/campaign/secret-text.ts'
import { createCampaignFolder } from '../support/campaign-folder.ts'

const campaign =
  'name: a\naudience: a.csv\nwebhook:\n  url: "https://a.example"\n  body: "{}"\n  auth: { type: bearer, token: "${TOKEN}" }\n'

describe('a variable', () => {
  it('is read from the environment, else from the file that it names', () => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'variable-'))
    const file = join(folder.path, 'token')
    writeFileSync(file, 'from-file\n')
    expect(readVariable({ TOKEN: 'set' }, 'TOKEN')).toBe('set')
    expect(readVariable({ TOKEN_FILE: file }, 'TOKEN')).toBe('from-file')
    expect(readVariable({ TOKEN: '', TOKEN_FILE: file }, 'TOKEN')).toBe('from-file')
    expect(readVariable({ TOKEN_FILE: '' }, 'TOKEN')).toBeNull()
    writeFileSync(file, '')
    expect(readVariable({ TOKEN_FILE: file }, 'TOKEN')).toBeNull()
  })

  it('is a secret of a campaign from a file, too, read anew each time', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'a.csv': 'id\n1\n', token: 'first\n' })
    const env = { TOKEN_FILE: join(folder.path, 'token') }
    const { auth } = folder.load({ env }).campaign.webhook
    if (auth?.type !== 'bearer') throw new TypeError('expected a bearer token')
    expect(resolveSecret(auth.token, env)).toBe('first')
    writeFileSync(env.TOKEN_FILE, 'second\n')
    expect(resolveSecret(auth.token, env)).toBe('second')
  })

  it('that cannot be read is a problem at its place, with no value in it', () => {
    using folder = createCampaignFolder({ 'campaign.yaml': campaign, 'a.csv': 'id\n1\n' })
    const problems = (env: Readonly<Record<string, string>>): readonly string[] => folder.problems({ env })
    expect(problems({ TOKEN_FILE: '/nowhere/token' })).toEqual([
      'campaign.yaml:6:25 file of TOKEN_FILE not readable: /nowhere/token',
    ])
    expect(problems({ TOKEN: 'canary', TOKEN_FILE: '/nowhere' })).toEqual([
      'campaign.yaml:6:25 contradicting variables: TOKEN and TOKEN_FILE, set one of them',
    ])
    expect(problems({})).toEqual(['campaign.yaml:6:25 environment variable not set: TOKEN, for webhook.auth.token'])
  })
})
