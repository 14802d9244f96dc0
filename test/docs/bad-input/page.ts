import type { GivenInput } from './given.ts'

export interface Section {
  readonly title: string
  readonly intro: string
  readonly rows: readonly { readonly input: GivenInput; readonly told: string }[]
}

const HEAD = `# What is told of bad input

This page is made by \`npm run docs\`: every input of it is tried, and what is told stands here word for word. Codes are in the [README](../README.md#errors).

- **refused**: nothing was sent, exit code 2. All problems are listed at once, up to 50, each with its file, line and column, as in \`campaign.yaml:7:3\`: files are named from the current folder, so that editors and terminals open them.
- **failed**: that customer ends \`failed\` for the reason before the colon, and all others go on. Templates are named as the campaign names them.
- **stopped**: the rest of the chunk or of the run ends \`aborted\`; exit code 1.
- **warned**: the run goes on, and its report has the warning.
- **sent**: no mistake; what arrives stands here.

No message holds a secret, or what a customer's row says but for the value at fault in a file.
`

/** The page, from what was tried. */
export function errorsPage(sections: readonly Section[]): string {
  return [HEAD, ...sections.map(sectionText)].join('\n')
}

function sectionText({ title, intro, rows }: Section): string {
  const lines = rows.map(({ input, told }) => {
    const cell = told === '' ? (input.note ?? '') : told.split('\n').map(code).join('<br>')
    return `| ${escaped(input.what)} | ${input.end} | ${cell} |`
  })
  return [`## ${title}\n`, `${intro}\n`, '| Given | Ends | Told |', '|---|---|---|', ...lines, ''].join('\n')
}

const SHOWN = 500

/** As it is printed, blanks at the beginning included. */
function code(line: string): string {
  const cut = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line
  const shown = escaped(cut).replace(/^ +/, (blanks) => '\u00A0'.repeat(blanks.length))
  return shown.includes('`') ? `\`\` ${shown} \`\`` : `\`${shown}\``
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\u001B', '\\x1b')
}
