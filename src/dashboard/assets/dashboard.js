// What pages do by themselves: parts that change are put in as they come, charts are drawn, buttons are pressed once.

const root = document.documentElement

/** @param {string} name */
const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim()

/** @type {Map<string, { plot: import('uplot'), key: string }>} Plots by the id of their place. */
const plots = new Map()

async function drawCharts() {
  const places = [...document.querySelectorAll('[data-chart]')]
  if (places.length === 0) return
  const { default: UPlot } = await import(root.dataset.plot)
  for (const place of places) draw(UPlot, place)
}

function draw(UPlot, place) {
  const { title, unit, times, series } = JSON.parse(place.dataset.chart)
  // One moment is no course of time.
  if (times.length < 2) return
  const data = [times, ...series.map(({ values }) => values)]
  const key = series.map(({ name }) => name).join()
  const known = plots.get(place.id)
  if (known?.key === key && known.plot.root.isConnected) {
    known.plot.setData(data)
    return
  }
  known?.plot.destroy()
  const axis = { stroke: color('quiet'), grid: { stroke: color('line'), width: 1 }, ticks: { show: false } }
  const show = (value) => (value === null || value === undefined ? '–' : `${rounded(value)} ${unit}`)
  const plot = new UPlot(
    {
      width: place.clientWidth,
      height: 180,
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.08, 1)] } },
      axes: [
        { ...axis, space: 90, incrs: WHOLE_SECONDS, values: (_, ticks) => ticks.map(clockText) },
        { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => rounded(tick)) },
      ],
      series: [
        { label: 'UTC', value: (_, at) => (at === null ? '–' : clockText(at)) },
        ...series.map(({ name, color: named, isFilled }) => ({
          label: name,
          stroke: color(named),
          ...(isFilled ? { fill: `${color(named)}33` } : {}),
          width: 1.6,
          points: { show: times.length < 3 },
          value: (_, value) => show(value),
        })),
      ],
    },
    data,
    place,
  )
  plot.root.setAttribute('role', 'img')
  plot.root.setAttribute('aria-label', title)
  plots.set(place.id, { plot, key })
}

const WHOLE_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]
const rounded = (value) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10).toLocaleString('en-US')
const clockText = (at) => new Date(at * 1000).toISOString().slice(11, 19)

function redraw() {
  for (const { plot } of plots.values()) plot.destroy()
  plots.clear()
  void drawCharts()
}

/** Puts a part in, and leaves as it is what somebody has opened in it. */
function putIn(id, markup) {
  const place = document.querySelector(`[data-part="${CSS.escape(id)}"]`)
  if (place === null || place.contains(document.activeElement?.closest('form') ?? null)) return
  const open = [...place.querySelectorAll('details[id][open]')].map(({ id }) => id)
  place.innerHTML = markup
  for (const id of open) document.getElementById(id)?.setAttribute('open', '')
}

/** The data of a chart changes more often than its place. */
function putChart(id, data) {
  const place = document.getElementById(id)
  if (place !== null) place.dataset.chart = data
}

function follow() {
  const place = document.querySelector('[data-live]')
  if (place === null) return
  let source = null
  const open = () => {
    source = new EventSource(place.dataset.live)
    source.addEventListener('parts', ({ data }) => {
      const { parts, charts } = JSON.parse(data)
      for (const [id, markup] of Object.entries(parts)) putIn(id, markup)
      for (const [id, chart] of Object.entries(charts)) putChart(id, chart)
      root.dataset.updates = String(Number(root.dataset.updates ?? 0) + 1)
      void drawCharts()
    })
    source.addEventListener('end', () => {
      source.close()
      document.removeEventListener('visibilitychange', onVisible)
    })
  }
  // A browser keeps six connections to a host: tabs that nobody sees give theirs back.
  const onVisible = () => {
    if (document.hidden) source.close()
    else open()
  }
  document.addEventListener('visibilitychange', onVisible)
  open()
}

const TYPES = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
}

/** Sends a file as it is, so that it may be of any size; what else its form has stands in the address. */
async function upload(form, { files: [file], dataset }) {
  const fields = new URLSearchParams(new FormData(form))
  const token = fields.get('form_token')
  fields.delete('form_token')
  const [, kind = '', packed] = /\.([a-z]+)(\.gz)?$/i.exec(file.name) ?? []
  const headers = { 'Content-Type': TYPES[kind.toLowerCase()] ?? 'application/octet-stream', 'X-Form-Token': token }
  if (packed !== undefined) headers['Content-Encoding'] = 'gzip'
  const answer = await fetch(`${dataset.upload}?${fields}`, { method: 'POST', body: file, headers })
  if (answer.redirected) location.assign(answer.url)
  else putMainIn(await answer.text())
}

/** Shows what was answered in place of the page. */
function putMainIn(text) {
  const page = new DOMParser().parseFromString(text, 'text/html')
  document.querySelector('main').replaceWith(page.querySelector('main'))
}

for (const place of document.querySelectorAll('[data-scripted]')) place.hidden = false
document.addEventListener('submit', (event) => {
  const { target } = event
  const input = target.querySelector('[data-upload]')
  if (input !== null && input.files.length > 0) {
    event.preventDefault()
    void upload(target, input).finally(() => enable(target))
  }
  // After the form's data was taken: a button that is disabled names nothing.
  queueMicrotask(() => {
    for (const button of target.querySelectorAll('button')) button.disabled = true
  })
})
function enable(place) {
  for (const button of place.querySelectorAll('button')) button.disabled = false
}
// The browser's way back shows the page as it was left.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) enable(document)
})
document.addEventListener('change', ({ target }) => {
  if (target.closest('[data-submit]') !== null) target.form.requestSubmit()
})
document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return
  for (const details of document.querySelectorAll('details.confirm[open]')) details.open = false
})
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw)
// On a phone the bar at the top is wider than the window.
document.querySelector('.bar-top [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
let width = innerWidth
addEventListener('resize', () => {
  if (innerWidth === width) return
  width = innerWidth
  redraw()
})
void drawCharts()
follow()
