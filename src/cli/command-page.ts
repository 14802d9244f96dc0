import type { Command, Option } from 'commander'
import { allCommands, pathOf } from './command-path.ts'

/** Writes the page of a command for `docs/commands/`, from what its `--help` is made of; those below it are on it too. */
export function commandPage(command: Command): string {
  const below = allCommands(command).filter(({ commands }) => commands.length === 0)
  const rest = 'Every command also takes `--data`, `--config` and `--senders`: see [hookcast](README.md).'
  return `${[partOf(command, '#'), ...below.map((each) => partOf(each, '##')), rest].join('\n\n')}\n`
}

function partOf(command: Command, level: '#' | '##'): string {
  const path = pathOf(command)
  const commands = allCommands(command).filter(({ commands }) => commands.length === 0)
  const sections = [
    `${level} hookcast ${path}`,
    `${sentence(command.summary())}${command.description() === '' ? '' : `\n\n${command.description()}`}`,
    `\`\`\`sh\nhookcast ${path} ${command.usage()}\n\`\`\``,
    table(
      'Command',
      commands.map((each) => [pathOf(each), each.summary()]),
    ),
    table(
      'Argument',
      command.registeredArguments.map((argument) => [
        argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        argument.description,
      ]),
    ),
    table(
      'Flag',
      command.options.filter(({ hidden }) => !hidden).map((option) => [option.flags, meaningOf(option)]),
    ),
    ...textAfter(command)
      .split(/\n{2,}(?=\S)/)
      .map((part) => sectionFrom(part.trim(), level)),
  ]
  return sections.filter((section) => section !== '').join('\n\n')
}

/** Writes the page that leads to the others. */
export function indexPage(program: Command): string {
  const rows = program.commands.map((command) => [`[${command.name()}](${command.name()}.md)`, command.summary()])
  const options = program.options.map((option) => [option.flags, meaningOf(option)] as const)
  return `# hookcast

${program.description()}

| Command | Does |
|---|---|
${rows.map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n')}

${table('Flag of every command', options)}
`
}

/** What `addHelpText` has put behind the flags. */
function textAfter(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) })
  command.outputHelp()
  const own = command.helpInformation()
  return help.slice(help.indexOf(own) + own.length).trim()
}

/** A part of the help: `Examples:` and lines, or `Exit codes: 0 done, …`. */
function sectionFrom(part: string, level: string): string {
  const [, title = '', rest = ''] = /^(Examples?|Prints|Exit codes|See also):\s*([^]*)$/.exec(part) ?? []
  if (title === '') return part
  if (title === 'See also')
    return `${level}# See also\n\n${rest.split(', ').flatMap(linkFrom).join(' · ') || '[All commands](README.md)'}`
  if (title === 'Exit codes') return `${level}# Exit codes\n\n${rest.replaceAll('\n', ' ')}`
  const [heading, language] = title === 'Prints' ? ['What it prints', 'text'] : [title, 'sh']
  return `${level}# ${heading}\n\n\`\`\`${language}\n${rest.replaceAll(/^ {2}/gm, '')}\n\`\`\``
}

function linkFrom(text: string): readonly string[] {
  const path = /^hookcast ([\w ]+) --help$/.exec(text)?.[1]
  if (path === undefined) return []
  const [page, ...below] = path.split(' ')
  const place = below.length === 0 ? '' : `#hookcast-${path.replaceAll(' ', '-')}`
  return [`[hookcast ${path}](${page}.md${place})`]
}

function meaningOf({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? '' : `: ${argChoices.map((choice) => `\`${choice}\``).join(', ')}`
  return `${description}${choices}${defaultValue === undefined ? '' : ` (default: ${String(defaultValue)})`}`
}

function table(heading: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return ''
  return `| ${heading} | Means |\n|---|---|\n${rows.map(([name, means]) => `| \`${cell(name)}\` | ${cell(means)} |`).join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\?\.$/, '?')
}
