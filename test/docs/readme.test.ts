import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ABORTED_REASONS, FAILED_REASONS, SUPPRESSED_REASONS } from '../../src/campaign/result.ts'
import { settingsSchema } from '../../src/campaign/settings-schema.ts'
import { EXIT_DONE, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_REFUSED } from '../../src/cli/exit-code.ts'
import { loadSettings } from '../../src/config.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { codesIn, readPage, readText } from '../support/page.ts'

const readme = readPage('README.md')

describe('README.md', () => {
  it('is read in one sitting, and runs by line 30', () => {
    expect(readme.lines.length).toBeLessThanOrEqual(320)
    expect(readme.lines.findIndex((line) => line.startsWith('```sh'))).toBeLessThan(30)
  })

  it('begins with its two commands, and their scripts are there', () => {
    const [first] = readme.blocks
    expect(first?.language).toBe('sh')
    expect(first?.text.split('\n').map((line) => line.replace(/ +#.*/, ''))).toEqual([
      'npm ci && npm run demo',
      'npm cit',
      '',
    ])
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']))
  })

  it('shows the path of a campaign, readable in light and dark', () => {
    expect(readme.text).toContain('](docs/path.svg)')
    const picture = readText('docs/path.svg')
    for (const part of ['customers', 'spool', 'coordinator', 'ledger', 'senders', 'your API']) {
      expect(picture).toContain(`>${part}</text>`)
    }
    expect(picture).toMatch(/<title[^]*prefers-color-scheme: dark/)
  })
})

describe('the table of results', () => {
  const [reasons = []] = readme.section('Results').tables
  const [answers = []] = readme.section('What happens to each answer').tables

  it('names every reason that a customer can have, and no other', () => {
    const named = (status: string): string[] => {
      const cell = reasons.find(([first]) => first === `\`${status}\``)?.[1] ?? ''
      return codesIn(cell).filter((code) => /^[a-z_]+$/.test(code))
    }
    const ofAnswers = answers.flatMap(([, , result = '']) => codesIn(result.replace(/^`failed`/, '')))
    expect(
      Array.from(new Set([...ofAnswers.filter((code) => code !== 'sent'), ...named('failed')])).toSorted(),
    ).toEqual(FAILED_REASONS.toSorted())
    expect(named('aborted').toSorted()).toEqual(ABORTED_REASONS.toSorted())
    expect(named('suppressed').toSorted()).toEqual(SUPPRESSED_REASONS.toSorted())
  })
})

describe('the table of exit codes', () => {
  it('has those that there are', () => {
    const [, codes = []] = readme.section('Command line').tables
    expect(codes.map(([code]) => Number(code))).toEqual([EXIT_DONE, EXIT_INCOMPLETE, EXIT_REFUSED, EXIT_INTERRUPTED])
  })
})

describe('the table of settings', () => {
  const section = readme.section('Configuration')
  const [settings = []] = section.tables
  const named = settings.map(([name = '']) => codesIn(name)[0] ?? '')

  it('has every setting of hookcast.yaml', () => {
    const topOf = (name: string): string => name.split('.')[0] ?? ''
    const known = Object.keys(settingsSchema.shape)
    expect(Array.from(new Set(named.map(topOf))).toSorted()).toEqual(known.toSorted())
  })

  it('says what holds without them', () => {
    const defaults = Object.fromEntries(settings.map(([name = '', , fallback = '']) => [codesIn(name)[0], fallback]))
    expect(defaults['data']).toBe(`\`${String(settingsSchema.shape.data.meta()?.['default'])}\``)
    expect(defaults['project']).toBe(`\`${JSON.stringify(loadSettings(null, {}).project)}\``)
    expect(defaults['network.campaigns.allow']).toBe(`\`${JSON.stringify(loadSettings(null, {}).networkAllow)}\``)
    expect(defaults['senders']).toBe(
      `one a core, ${/MOST_SENDERS = (\d+)/.exec(readText('src/hookcast.ts'))?.[1]} at most`,
    )
  })

  it('names every variable that the program reads for itself', () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    // Where a test lets the program die is no setting of anybody's.
    const files = globSync('src/**/*.ts', { cwd: root, exclude: ['**/crash-point.ts'] })
    const sources = files.map((file) => readFileSync(`${root}/${file}`, 'utf8'))
    const read = sources.flatMap((source) => [
      ...Array.from(source.matchAll(/env(?:ironment)?\['(\w+)'\]/gi), ([, name]) => name),
      ...Array.from(source.matchAll(/readVariable\(env, '(\w+)'\)/g), ([, name]) => [name, `${name}_FILE`]).flat(),
    ])
    const shown = codesIn(section.text).map((code) => code.split('=')[0])
    // Where a test wants the program to die is nothing for users.
    const theirs = read.filter((name) => name !== 'HOOKCAST_CRASH_AT')
    expect(new Set(shown.filter((code) => /^[A-Z_]+$/.test(code ?? '')))).toEqual(new Set(theirs))
  })
})

describe('the table of errors', () => {
  it('has every code with what it means and what to do, and no other', () => {
    const [errors] = readme.section('Errors').tables
    expect(errors).toEqual(Object.entries(ERROR_CODES).map(([code, { means, todo }]) => [`\`${code}\``, means, todo]))
  })
})

describe.each(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])('%s', (file) => {
  const page = readPage(file)

  it('leads to what is there', () => {
    const links = Array.from(page.text.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target)
    for (const link of links.filter((target) => !target.startsWith('http'))) {
      const [path = '', anchor] = link.split('#')
      if (path !== '') expect(existsSync(new URL(`../../${path}`, import.meta.url)), link).toBe(true)
      else expect(page.text.toLowerCase().replaceAll(/[ ]/g, '-'), link).toContain(`#-${anchor}\n`)
    }
  })

  it('does not call a thing easy', () => {
    expect(page.text).not.toMatch(/\b(simply|just|easy|easily|obviously|please)\b/i)
  })
})
