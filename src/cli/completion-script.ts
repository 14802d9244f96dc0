import type { Command, Option } from 'commander'
import { allCommands, pathOf } from './command-path.ts'

/** What stands after a command or a flag, by how its value is named in the help. */
type ValueKind = 'campaign' | 'run' | 'file' | 'folder' | 'none'

const KINDS: Readonly<Record<string, ValueKind>> = {
  'campaign.yaml': 'campaign',
  run: 'run',
  file: 'file',
  dir: 'folder',
}

function kindOf(name: string | undefined): ValueKind {
  return KINDS[name ?? ''] ?? 'none'
}

function valueOf({ flags }: Option): string | undefined {
  return /[<[]([^\]>]+)[\]>]/.exec(flags)?.[1]
}

/** Known values: choices, or the names that a list may have. */
function valuesOf({ argChoices, parseArg }: Option): readonly string[] {
  const known: unknown = parseArg === undefined ? undefined : Reflect.get(parseArg, 'known')
  return argChoices ?? (Array.isArray(known) ? known.map(String) : [])
}

function visibleOptions(command: Command): readonly Option[] {
  return command.options.filter(({ hidden, long }) => !hidden && long !== undefined)
}

const FILES = { campaign: '_hookcast_campaigns', run: '_hookcast_runs', file: 'compgen -f --', folder: 'compgen -d --' }

/** The same functions serve bash and, by its `bashcompinit`, zsh. */
export function bashCompletion(program: Command): string {
  const commands = allCommands(program)
  const globals = visibleOptions(program)
  const flagsOf = (command: Command): string =>
    [...visibleOptions(command), ...globals]
      .map(({ long }) => long)
      .concat('--help')
      .join(' ')
  const values = [program, ...commands].flatMap((command) =>
    visibleOptions(command).flatMap((option) => {
      const name = command === program ? '*' : patternOf(command)
      const known = valuesOf(option)
      if (known.length > 0) return [`    ${name}\\ ${option.long}) words='${known.join(' ')}' ;;`]
      const kind = kindOf(valueOf(option))
      if (kind !== 'none') return [`    ${name}\\ ${option.long}) ${FILES[kind]} "$cur"; return ;;`]
      return valueOf(option) === undefined ? [] : [`    ${name}\\ ${option.long}) return ;;`]
    }),
  )
  const places = commands.flatMap((command) => {
    const words = wordsBehind(command)
    if (words !== null) return [`    ${patternOf(command)}) words='${words}' ;;`]
    const kind = kindOf(command.registeredArguments[0]?.name())
    return kind === 'none' ? [] : [`    ${patternOf(command)}) ${FILES[kind]} "$cur"; return ;;`]
  })
  return `# hookcast completion: eval "$(hookcast completion bash)"
# The compgen of zsh leaves it to others to take only what begins like the word.
_hookcast_starting() {
  awk -v start="$1" 'substr($0, 1, length(start)) == start'
}
_hookcast_runs() {
  ls "$data/runs" 2>/dev/null | _hookcast_starting "$1"
}
_hookcast_campaigns() {
  compgen -d -S / -- "$1" | _hookcast_starting "$1"
  compgen -f -- "$1" | grep -E '\\.ya?ml$' | _hookcast_starting "$1"
}
_hookcast_candidates() {
  local command='' data="\${HOOKCAST_DATA:-.hookcast}" word last='' words=''
  for word in "\${@:3}"; do
    case "$last" in --data) data="$word" ;; esac
    case "$command,$word" in
${commands.map((command) => `    ${stepTo(command)}) command='${pathOf(command)}' ;;`).join('\n')}
    esac
    last="$word"
  done
  local cur="$1" prev="$2"
  case "$command $prev" in
${values.join('\n')}
    *) case "$cur" in
      -*) case "$command" in
        '') words='${[...globals.map(({ long }) => long), '--help'].join(' ')}' ;;
${commands.map((command) => `        ${patternOf(command)}) words='${flagsOf(command)}' ;;`).join('\n')}
        esac ;;
      *) case "$command" in
    '') words='${program.commands.map((command) => command.name()).join(' ')} help' ;;
${places.join('\n')}
        esac ;;
      esac ;;
  esac
  printf '%s\\n' "$words" | tr ' ' '\\n' | _hookcast_starting "$cur"
}
_hookcast() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(_hookcast_candidates "$cur" "$prev" "\${COMP_WORDS[@]:1:$((COMP_CWORD-1))}")
  case "\${COMPREPLY[0]-}" in */) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _hookcast hookcast
`
}

export function zshCompletion(program: Command): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashCompletion(program)}`
}

export function fishCompletion(program: Command): string {
  const lines = allCommands(program).flatMap((command) => {
    const condition = ` -n ${quoted(seen(command))}`
    const words = wordsBehind(command)
    const places =
      command.commands.length > 0 || words === null
        ? fishValues(kindOf(command.registeredArguments[0]?.name()))
        : ` -x -a ${quoted(words)}`
    return [
      `complete -c hookcast -n ${quoted(expecting(command))} -x -a ${command.name()} -d ${quoted(command.summary())}`,
      ...(places === '' ? [] : [`complete -c hookcast${condition}${places}`]),
      ...visibleOptions(command).map((option) => fishFlag(option, condition)),
    ]
  })
  return `# hookcast completion: hookcast completion fish > ~/.config/fish/completions/hookcast.fish
function __hookcast_runs
  set -l data .hookcast
  set -q HOOKCAST_DATA; and set data $HOOKCAST_DATA
  set -l words (commandline -opc)
  set -l at (contains -i -- --data $words); and set data $words[(math $at + 1)]
  for run in $data/runs/*/
    basename $run
  end
end
complete -c hookcast -f
${[...visibleOptions(program).map((option) => fishFlag(option, '')), ...lines].join('\n')}
`
}

/** What may stand behind a command: those below it, or the known values of its argument; null when anything may. */
function wordsBehind({ commands, registeredArguments }: Command): string | null {
  if (commands.length > 0) return commands.map((command) => command.name()).join(' ')
  return registeredArguments[0]?.argChoices?.join(' ') ?? null
}

/** A command's path in a pattern of `case`. */
function patternOf(command: Command): string {
  return pathOf(command).replaceAll(' ', String.raw`\ `)
}

/** The pattern of the command so far, and the word that leads on to this one. */
function stepTo(command: Command): string {
  const path = patternOf(command).split(String.raw`\ `)
  return `${path.slice(0, -1).join(String.raw`\ `)},${path.at(-1)}`
}

/** The words of a command's path were typed; not as those of another's, such as `replay` and `events replay`. */
function seen(command: Command): string {
  const words = pathOf(command).split(' ')
  const groups = topOf(command).commands.filter(({ commands }) => commands.length > 0)
  const others = groups.filter(
    (group) => group.name() !== words[0] && group.commands.some((each) => each.name() === words[0]),
  )
  return [
    ...words.map((word) => `__fish_seen_subcommand_from ${word}`),
    ...others.map((group) => `not __fish_seen_subcommand_from ${group.name()}`),
  ].join('; and ')
}

/** The words before it were typed, and none of those that may stand in its place. */
function expecting({ parent }: Command): string {
  if (parent === null || parent.parent === null) return '__fish_use_subcommand'
  const siblings = parent.commands.map((command) => command.name()).join(' ')
  return `${seen(parent)}; and not __fish_seen_subcommand_from ${siblings}`
}

function topOf(command: Command): Command {
  return command.parent === null ? command : topOf(command.parent)
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}

function fishValues(kind: ValueKind): string {
  if (kind === 'run') return " -x -a '(__hookcast_runs)'"
  if (kind === 'campaign') return " -x -a '(__fish_complete_suffix .yaml)'"
  if (kind === 'folder') return " -x -a '(__fish_complete_directories)'"
  return kind === 'file' ? ' -r -F' : ''
}

function fishFlag(option: Option, condition: string): string {
  const known = valuesOf(option)
  const value = known.length > 0 ? ` -x -a ${quoted(known.join(' '))}` : fishValues(kindOf(valueOf(option)))
  const needed = value === '' && valueOf(option) !== undefined ? ' -x' : value
  return `complete -c hookcast${condition} -l ${option.long?.slice(2)}${needed} -d ${quoted(option.description)}`
}
