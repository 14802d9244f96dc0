import { describe, expect, it } from 'vitest'
import { ROLES, type Role } from '../../src/access/access.ts'
import { OPERATIONS } from '../../src/api/operations.ts'
import { problemFrom } from '../../src/api/problem.ts'
import { ConfigError } from '../../src/errors.ts'
import { codesIn, readPage } from '../support/page.ts'

const page = readPage('docs/control-api.md')

describe('docs/control-api.md', () => {
  const [roles = []] = page.section('Tokens and roles').tables
  const may = (role: Role): string[] => OPERATIONS.filter((one) => one.roles.includes(role)).map(({ id }) => id)

  it('names every role', () => {
    expect(roles.map(([role = '']) => codesIn(role)[0])).toEqual([...ROLES])
  })

  it('says rightly who may what', () => {
    expect(may('admin')).toEqual(OPERATIONS.filter(({ isSigned }) => isSigned !== true).map(({ id }) => id))
    expect(may('app')).toEqual(['showActor'])
    const ofAdmin = OPERATIONS.filter((one) => one.roles.length === 1).map(({ id }) => id)
    expect(ofAdmin).toEqual(['eraseCustomers', 'listTokens', 'makeToken', 'revokeToken', 'listAudit'])
    const more = may('operator').filter((id) => !may('editor').includes(id))
    expect(may('editor').filter((id) => !may('operator').includes(id))).toEqual([])
    expect(more.toSorted()).toEqual(
      [
        'startRun',
        'pauseRun',
        'resumeRun',
        'cancelRun',
        'replayRun',
        'activateCampaign',
        'deactivateCampaign',
        'exportCustomer',
        'acceptTriggers',
        'releaseHold',
      ].toSorted(),
    )
    const writing: readonly string[] = OPERATIONS.filter(({ method }) => method !== 'get').map(({ id }) => id)
    expect(may('viewer').filter((id) => writing.includes(id))).toEqual([])
  })

  it('shows a problem as it is answered', () => {
    const shown = JSON.parse(page.blocks.find(({ language }) => language === 'json')?.text ?? '') as object
    const problem = { file: 'customers.csv', line: 3, column: null, message: 'expected 2 fields, got 3' }
    expect(problemFrom(new ConfigError('HOOKCAST_AUDIENCE_INVALID', [problem]))).toEqual(shown)
  })

  it('names routes that there are', () => {
    const paths = new Set(OPERATIONS.map(({ path }) => path))
    const named = Array.from(page.text.matchAll(/(?:GET|POST) (\/v1\/[\w/{}]+)/g), ([, path = '']) => path)
    expect(named.length).toBeGreaterThan(3)
    expect(named.filter((path) => !paths.has(path))).toEqual([])
  })
})
