import type { Command } from 'commander'

/** What is typed behind `hookcast`: `run`, `events list apps`. */
export function pathOf(command: Command): string {
  const { parent } = command
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`
}

/** Those below a command, and those below them. */
export function allCommands(command: Command): readonly Command[] {
  return command.commands.flatMap((each) => [each, ...allCommands(each)])
}
