import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hono } from 'hono'
import { pictureStyle } from '../../report/report.ts'

interface Asset {
  /** With a digest of its content in it, so that it may be kept for good. */
  readonly path: string
  readonly text: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const ownFile = (name: string): string => readFileSync(new URL(`../assets/${name}`, import.meta.url), 'utf8')

/** `main` of the package is its build for CommonJS; the others lie beside it. */
const plotFile = (name: string): string =>
  readFileSync(fileURLToPath(new URL(name, import.meta.resolve('uplot'))), 'utf8')

const ASSETS = {
  style: assetFrom('dashboard.css', () => `${pictureStyle}\n${plotFile('uPlot.min.css')}\n${ownFile('dashboard.css')}`),
  script: assetFrom('dashboard.js', () => ownFile('dashboard.js')),
  plot: assetFrom('plot.js', () => plotFile('uPlot.esm.js')),
  icon: assetFrom('icon.svg', () => ownFile('icon.svg')),
}

/** Where the files are that pages name. */
export const ASSET_PATHS = {
  style: ASSETS.style.path,
  script: ASSETS.script.path,
  plot: ASSETS.plot.path,
  icon: ASSETS.icon.path,
}

/** Nothing secret is in them: they are for everybody. */
export function serveAssets(app: Hono): void {
  for (const { path, text } of Object.values(ASSETS)) {
    const headers = {
      'Content-Type': TYPES[extname(path)]!,
      'Cache-Control': 'public, max-age=31536000, immutable',
      'X-Content-Type-Options': 'nosniff',
    }
    app.get(path, (context) => context.body(text, 200, headers))
  }
}

function assetFrom(name: string, read: () => string): Asset {
  const text = read()
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  const extension = extname(name)
  return { path: `/assets/${basename(name, extension)}.${digest}${extension}`, text }
}
