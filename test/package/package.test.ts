import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { test } from '../cli/fixture.ts'
import { readPage } from '../support/page.ts'
import { copyReferenceApi, environmentOf, install, installNodes, pack, ROOT, type Packed } from './install.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'package-'))
const project = join(folder, 'project')
const own = join(project, 'node_modules/hookcast')
const nodeOf = (major: number): string =>
  major === 24 ? process.execPath : join(folder, `nodes/node_modules/node${major}/bin/node`)
let packed: Packed

beforeAll(async () => {
  const nodes = installNodes(join(folder, 'nodes'))
  packed = await pack(folder)
  await Promise.all([install(project, [packed.tarball]), nodes])
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the package', () => {
  test('holds what runs, what describes it, and nothing else', () => {
    const { files } = packed
    const tops = new Set(files.map((file) => file.replace(/\/.*/, '/')))
    expect(tops).toEqual(
      new Set([
        'bin/',
        'dist/',
        'docs/',
        'schemas/',
        'templates/',
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'package.json',
      ]),
    )
    expect(
      files.filter((file) => file.startsWith('dist/')).filter((file) => !/\.(js|d\.ts|css|svg)$/.test(file)),
    ).toEqual(['dist/THIRD-PARTY.txt'])
    expect(files.filter((file) => /(^|\/)tests?\/|\.test\.|\.map$|\.env|\.pem$|\.db|(?<!\.d)\.ts$/.test(file))).toEqual(
      [],
    )
    expect(files).toEqual(
      expect.arrayContaining(['schemas/campaign.schema.json', 'templates/welcome-sms/campaign.yaml']),
    )
  })

  test('carries the licenses of the packages whose code is in its files, and asks npm for all others', () => {
    const notes = readFileSync(join(own, 'dist/THIRD-PARTY.txt'), 'utf8')
    const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>
    }
    const bundled = Array.from(notes.matchAll(/^(\S+) \d+\.\d+\.\d+$/gm), ([, name = '']) => name)
    expect(bundled).toEqual(['commander', 'croner', 'csv-parse', 'yaml', 'zod'])
    expect(notes.match(/Permission (is hereby granted|to use, copy)/g)).toHaveLength(bundled.length)
    const code = packed.files
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(own, file), 'utf8'))
    const asked = code.flatMap((text) =>
      Array.from(text.matchAll(/^import [^"']*["']([a-z@][^"':]*)["'];$/gm), ([, id = '']) =>
        id
          .split('/')
          .slice(0, id.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    )
    expect(asked).toContain('hono')
    expect(asked.filter((name) => !(name in dependencies))).toEqual([])
    expect(bundled.filter((name) => name in dependencies)).toEqual([])
  })

  test('tells nothing of the machine that it was built on', () => {
    const telling = packed.files.filter((file) =>
      readFileSync(join(own, file), 'utf8').includes(ROOT.replace(/\/$/, '')),
    )
    expect(telling).toEqual([])
  })

  test('has every page that its pages lead to, but those of the repository', () => {
    const pages = packed.files.filter((file) => file.endsWith('.md'))
    const missing = pages.flatMap((file) =>
      Array.from(readPage(file).text.matchAll(/\]\(([^)#]+)[^)]*\)/g), ([, target = '']) => target)
        .filter((target) => !/^https?:/.test(target))
        .map((target) => posix.join(posix.dirname(file), target))
        .filter((target) => !packed.files.some((file) => file === target || file.startsWith(`${target}/`))),
    )
    expect(
      missing.filter((target) => !/^(reference-api|load|test|docs\/images)\/|^CONTRIBUTING\.md$|^src\//.test(target)),
    ).toEqual([])
  })

  test('serves where nothing else is installed', async () => {
    const args = [join(own, 'bin/hookcast.js'), 'serve', '--port', '0', '--data', join(folder, 'data')]
    const env = {
      ...environmentOf(dirname(process.execPath)),
      HOOKCAST_ADMIN_TOKEN: 'only-this-test-knows-it-'.repeat(2),
    }
    const service = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
    const told: string[] = []
    for await (const line of createInterface({ input: service.stderr })) {
      told.push(line)
      if (line.startsWith('listening on ')) service.kill('SIGTERM')
    }
    expect(told.join('\n')).toContain('listening on http://127.0.0.1:')
  })

  test('is as publint wants it', async () => {
    const bytes = readFileSync(packed.tarball)
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
    expect((await publint({ pack: { tarball }, strict: true })).messages).toEqual([])
  })

  test('has types that are not wrong, for ES modules', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(packed.tarball)))
    if (analysis.types === false) throw new Error('expected the package to have types, got none')
    const { problems } = analysis
    // It is a package of ES modules: CommonJS takes it with `await import()`, and node10 is before `exports`.
    const told = problems.filter(
      (problem) => !('resolutionKind' in problem) || /esm|bundler/.test(problem.resolutionKind),
    )
    expect(told).toEqual([])
  })
})

describe.each([24, 26])('installed in an empty folder, on Node %i', (major) => {
  /** `node` of the first line of a command is looked up in PATH. */
  const env = { PATH: `${dirname(nodeOf(major))}:${process.env['PATH'] ?? ''}` }

  test('has a command that runs a campaign, its senders locked in', async ({ desk }) => {
    desk.writeCampaign()
    const bin = join(project, 'node_modules/.bin/hookcast')
    const { stdout, stderr } = await run(bin, ['run', 'campaign.yaml', '--json'], { cwd: desk.folder, env })
    expect(stderr.replaceAll(/^\d.*\n/gm, '')).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ state: 'finished', sent: 3 })
    expect(desk.receiver.requests[0]?.headers['user-agent']).toMatch(/^hookcast\/\d+\.\d+\.\d+/)
  })

  test('is imported without a word, and runs a campaign for a program', async ({ desk }) => {
    desk.writeCampaign()
    writeFileSync(join(project, 'program.js'), PROGRAM)
    const campaign = join(desk.folder, 'campaign.yaml')
    const { stdout, stderr } = await run(nodeOf(major), ['program.js', campaign], { cwd: project, env })
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      version: expect.stringMatching(`^v${major}`),
      hasOwnEnvironment: true,
      listeners: 0,
      state: 'finished',
      ids: ['c-0', 'c-1', 'c-2'],
    })
    expect(desk.receiver.count).toBe(3)
  })
})

/** What an import does to a process, and then a run. */
const PROGRAM = `
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'exit']
const listeners = () => signals.reduce((sum, name) => sum + process.listenerCount(name), 0)
const before = { listeners: listeners(), env: JSON.stringify(process.env) }
const { runCampaign } = await import('hookcast')
const run = runCampaign(process.argv[2], { data: process.argv[2] + '.data', senders: 1 })
const during = listeners() - before.listeners
const ids = []
for await (const { customer_id: id } of run.results()) ids.push(id)
const { state } = await run
console.log(JSON.stringify({ version: process.version, hasOwnEnvironment: before.env === JSON.stringify(process.env), listeners: during, state, ids }))
`

describe('reference-api, copied to an empty folder', () => {
  test('starts on Node 20, and passes the check of its README', async () => {
    const copy = join(folder, 'api')
    const bin = dirname(nodeOf(20))
    await copyReferenceApi(copy, bin)
    const api = spawn('npm', ['start'], {
      cwd: copy,
      detached: true,
      env: { ...environmentOf(bin), PORT: '0', ADMIN_PORT: 'off', API_USERS: 'acme:secret', LOG_LEVEL: 'off' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      let url: string | undefined
      for await (const line of createInterface({ input: api.stdout })) {
        url = /^listening on (\S+)/.exec(line)?.[1]
        if (url !== undefined) break
      }
      const readme = readFileSync(join(copy, 'README.md'), 'utf8')
      const [, setUp = '', command = ''] = /```sh\n(echo .*body\.json)\nAPI_PASSWORD=… (npx .*)\n```/.exec(readme) ?? []
      // The field `shop` is the one that the page adds.
      await run('sh', ['-c', setUp.replace(',"shop":"acme"', '')], { cwd: copy })
      const check = command
        .replace('npx hookcast', `npx --yes --package ${packed.tarball} hookcast`)
        .replace('http://127.0.0.1:3000', url ?? '')
      const { stdout } = await run('sh', ['-c', `${check} --yes --json --skip latency_50,connections,latency_200`], {
        cwd: copy,
        env: { ...environmentOf(dirname(nodeOf(24))), API_PASSWORD: 'secret' },
      })
      expect(JSON.parse(stdout)).toMatchObject({ grade: 'warn' })
    } finally {
      // npm and what it started.
      process.kill(-api.pid!, 'SIGKILL')
    }
  }, 200_000)
})

test('tells an old Node in words that it is too old', async () => {
  const bin = join(own, 'bin/hookcast.js')
  await expect(run(nodeOf(20), [bin, '--version'])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^hookcast needs Node 24\.15 or newer, got 20\./),
  })
})

describe.each([
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
])('a strict TypeScript program with moduleResolution %s', (name, resolution) => {
  test('compiles, and is told of a wrong option', async () => {
    const types = join(project, 'node_modules/@types')
    rmSync(types, { recursive: true, force: true })
    symlinkSync(join(ROOT, 'node_modules/@types'), types)
    const compilerOptions = {
      ...resolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
    }
    writeFileSync(join(project, `typed-${name}.ts`), TYPED)
    const settings = join(project, `tsconfig.${name}.json`)
    writeFileSync(settings, JSON.stringify({ compilerOptions, files: [`typed-${name}.ts`] }))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = await run(process.execPath, [tsc, '-p', settings], { cwd: project }).catch(
      (error: unknown) => error as { stdout: string },
    )
    expect(stdout).toBe('')
  })
})

const TYPED = `
import { ConfigError, readResults, resumeRun, runCampaign } from 'hookcast'
import type { ErrorCode, ResultRecord, Run, RunCampaignOptions, RunReport } from 'hookcast'

const options: RunCampaignOptions = { audience: [{ id: 1 }], limit: { pauseAfter: '1%' }, signal: undefined }
const run: Run = runCampaign(new URL('file:///campaign.yaml'), options)
for await (const { sent, next_retry_at: at } of run.progress()) console.log(sent.toFixed(), at?.slice(0, 10))
for await (const result of run.results()) console.log(result.reason satisfies ResultRecord['reason'])
const report: RunReport = await run
for await (const first of readResults(report.run_id, { status: ['failed'] })) console.log(first.customer_id)
console.log(report.aborts[0]?.message)
await Promise.all([resumeRun(report.run_id), run]).catch((error: unknown) => {
  if (error instanceof ConfigError) console.log(error.code satisfies ErrorCode, error.problems[0]?.line)
})
// @ts-expect-error -- Nobody waits in a unit that is not there.
runCampaign('campaign.yaml', { limit: { pauseAfter: '1h' } })
`
