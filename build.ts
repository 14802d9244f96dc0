/**
 * Builds what the npm package carries, `dist/`: types from the compiler, code in as few files as the commands allow.
 *
 * A file by itself costs each process that loads it a third of a millisecond, and a run starts several: 300 of our own
 * were a quarter of all that a start took.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'

const ROOT = import.meta.dirname
const dist = resolve(process.argv[2] ?? join(ROOT, 'dist'))

rmSync(dist, { recursive: true, force: true })
const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', dist], {
  stdio: 'inherit',
})
/** A file finds others from where it lay in `src`, whichever file its code has come to lie in. */
const ownPlace: Plugin = {
  name: 'own-place',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null
    const place = relative(join(ROOT, 'src'), id).replace(/\.ts$/, '.js')
    const folder = "import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + 6)"
    return code.replaceAll('import.meta.url', `new URL('${place}', ${folder}).href`)
  },
}

/**
 * Packages whose code goes into the files: all of them read and check text, and 190 modules of theirs were half of all
 * that a command loads. What speaks to the network stays outside, so that npm can update it.
 */
const BUNDLED = ['commander', 'croner', 'csv-parse', 'yaml', 'zod']
const isBundled = (id: string): boolean => BUNDLED.some((name) => id === name || id.startsWith(`${name}/`))

await using bundle = await rolldown({
  // Where the program starts: the command, its sender processes, its thread, and what programs import.
  input: Object.fromEntries(
    ['cli/cli', 'sender/entry', 'ledger/checkpoint-thread', 'index'].map((entry) => [
      entry,
      join(ROOT, 'src', `${entry}.ts`),
    ]),
  ),
  // The compiler's own helpers are not installed with us: they go into the files.
  external: (id) => /^[^./]/.test(id) && !isAbsolute(id) && !id.startsWith('@oxc-project/') && !isBundled(id),
  platform: 'node',
  plugins: [ownPlace],
  // Nothing of ours does anything by being imported, but for the entries themselves.
  treeshake: { moduleSideEffects: false },
})
await bundle.write({ dir: dist, format: 'esm', chunkFileNames: '[name]-[hash].js' })
const licenses = BUNDLED.map((name) => {
  const folder = join(ROOT, 'node_modules', name)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string }
  return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n`
})
writeFileSync(
  join(dist, 'THIRD-PARTY.txt'),
  [`Code of these packages is in the files of this folder, under their own licenses.\n`, ...licenses].join(
    '\n----\n\n',
  ),
)
cpSync(join(ROOT, 'src/dashboard/assets'), join(dist, 'dashboard/assets'), { recursive: true })
