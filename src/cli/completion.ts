import { Argument, type Command } from 'commander'
import type { Context } from './context.ts'
import { bashCompletion, fishCompletion, zshCompletion } from './completion-script.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

export function addCompletion(program: Command, context: Context): void {
  program
    .command('completion')
    .summary('print what makes Tab complete hookcast in your shell')
    .description(
      'Prints a script for the shell: commands, flags and their values, campaign files, and the runs of the data folder (`--data` on the line, else `HOOKCAST_DATA`, else `.hookcast`).',
    )
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(hookcast completion bash)"                                    # in ~/.bashrc
  eval "$(npx hookcast completion bash)"; alias hookcast='npx hookcast' # in a clone
  eval "$(hookcast completion zsh)"                                     # in ~/.zshrc, after compinit
  hookcast completion fish > ~/.config/fish/completions/hookcast.fish`,
    )
    .action(async (shell: keyof typeof SHELLS) => {
      await context.terminal.print(SHELLS[shell](program))
    })
}
