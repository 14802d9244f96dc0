import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { DryRun } from '../../src/trial/trial.ts'
import { test } from './fixture.ts'

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url))
const READY = globSync('*/campaign.yaml', { cwd: TEMPLATES })
/** What a ready campaign reads from the environment. */
function envOf(file: string): Record<string, string> {
  const names = readFileSync(`${TEMPLATES}/${file}`, 'utf8').matchAll(/\$\{(\w+)\}/g)
  return Object.fromEntries(Array.from(names, ([, name = '']) => [name, '9']))
}

describe('hookcast preview --lint', () => {
  test('names what is seldom meant in templates and rows, after the request, and exits with 1', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'body: { file: body.j2 }' })
    desk.write(
      'body.j2',
      '{\n  "n": "{{ customer.name | e }}",\n  "v": {% if customer.vip %}1{% else %}2{% endif %}\n}\n',
    )
    desk.write('customers.csv', 'id,name,vip\nc-0,Ada,true\nc-1,,false\n')
    const { code, stdout } = await desk.hookcast(['preview', 'campaign.yaml', '--lint'])
    expect(code).toBe(1)
    expect(stdout).toMatch(/^POST [^]*"v": 1\n\}\n\nbody\.j2:2:12 attribute_missing: /)
    const found = stdout.slice(stdout.indexOf('body.j2')).split('\n')
    expect(found.map((line) => /^(\S+ \w+):/.exec(line)?.[1] ?? line)).toEqual(
      [
        'body.j2:2:12 attribute_missing',
        '    "n": "{{ customer.name | e }}",',
        '            ^',
        'body.j2:2:28 hand_escaping',
        '    "n": "{{ customer.name | e }}",',
        '                            ^',
        'body.j2:3:14 untyped_flag',
        '    "v": {% if customer.vip %}1{% else %}2{% endif %}',
        '               ^',
        '',
      ].map((line) => expect.stringContaining(line.trim()) as string),
    )
    expect(desk.receiver.connections).toBe(0)
  })

  test('shows where the body prints otherwise than plain Jinja2', async ({ desk }) => {
    desk.writeCampaign({ webhook: `body: '{"n": "{{ customer.name }}", "v": {{ customer.id }}}'` })
    desk.write('customers.csv', 'id,name\nc-0,"Zoë ""Z"""\n')
    const { code, stdout } = await desk.hookcast(['preview', 'campaign.yaml', '--lint'])
    expect(code).toBe(0)
    expect(stdout.slice(stdout.indexOf('Other')).split('\n')).toEqual([
      'Other than in plain Jinja2, as it stands in JSON:',
      'campaign.yaml:6:11 prints `Zoë \\"Z\\"`, and in plain Jinja2 `Zoë "Z"`',
      'campaign.yaml:6:38 prints `"c-0"`, and in plain Jinja2 `c-0`',
      '',
    ])
  })

  test('says so when there is nothing', async ({ desk }) => {
    desk.writeCampaign()
    const { code, stdout, stderr } = await desk.hookcast(['preview', 'campaign.yaml', '--lint'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'lint: nothing found\n' })
    expect(stdout).toMatch(/^POST /)
  })

  test('is told also when the request cannot be made', async ({ desk }) => {
    desk.writeCampaign({ webhook: `body: '{"n": "{{ customer.name | tojson }}"}'` })
    const { code, stdout, stderr } = await desk.hookcast(['preview', 'campaign.yaml', '--lint'])
    expect(code).toBe(2)
    expect(stdout).toContain('hand_escaping')
    expect(stderr).toContain('HOOKCAST_TEMPLATE_RENDER')
  })

  test('is part of a dry run, whose exit code is about customers', async ({ desk }) => {
    desk.writeCampaign({ webhook: `body: '{"n": "{{ customer.name | e }}"}'` })
    const { code, stdout } = await desk.hookcast(['run', 'campaign.yaml', '--dry-run', '--json'])
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as DryRun).lint).toEqual([
      expect.objectContaining({ code: 'hand_escaping', file: 'campaign.yaml', line: 6 }),
    ])
  })

  test.for(READY)('finds nothing in %s', async (file, { desk }) => {
    const { code, stdout, stderr } = await desk.hookcast(['preview', `${TEMPLATES}/${file}`, '--lint'], {
      env: envOf(file),
    })
    expect({ code, stdout: code === 0 ? '' : stdout, stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: 'lint: nothing found\n',
    })
  })
})
