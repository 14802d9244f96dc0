import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

/** Where Debian, Ubuntu and macOS put it; `CHROMIUM` names another. */
const PLACES = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** A page in a real browser, with what it asked for and what it complained about. */
export interface OpenPage {
  readonly page: Page
  /** Every URL that was asked for, that of the page first; `data:` aside. */
  readonly requests: readonly string[]
  /** Errors and warnings of the console, and exceptions of scripts. */
  readonly complaints: readonly string[]
}

export interface OpenBrowser extends AsyncDisposable {
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>
}

/** Starts the Chromium of this machine: start one for a file of tests, and open a page for each test. */
export async function startBrowser(): Promise<OpenBrowser> {
  const executablePath = PLACES.find((place) => place !== '' && existsSync(place))
  if (executablePath === undefined) {
    throw new Error('expected Chromium on this machine: apt-get install chromium, or set CHROMIUM to its path')
  }
  // Without a sandbox of its own: root in a container has none to give, and the pages are ours.
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  return {
    async open(url, options = {}) {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      const requests: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => {
        if (!request.url().startsWith('data:')) requests.push(request.url())
      })
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(String(error)))
      await page.goto(url)
      return { page, requests, complaints }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

/**
 * Elements whose text is too faint against what is behind it, as `text: ratio`; none is as it has to be.
 *
 * @see WCAG 2.2, 1.4.3: 4.5 : 1, and 3 : 1 for large text.
 */
export async function faintTexts(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(FAINT_TEXTS)
}

// As text: it runs in the browser, whose names the types of these tests do not know.
const FAINT_TEXTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const luminance = (color) => {
    const [r, g, b] = rgba(color).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor
      if (rgba(color)[3] > 0) return color
    }
    return 'white'
  }
  const faint = []
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
    const text = own.map(({ textContent }) => textContent).join('').trim()
    if (text === '' || element instanceof SVGElement || !element.checkVisibility()) continue
    const style = getComputedStyle(element)
    const [a, b] = [luminance(style.color), luminance(behind(element))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const size = Number.parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) faint.push(text.slice(0, 40) + ': ' + ratio.toFixed(2))
  }
  return faint
})()`
