/** A table of Markdown: names to the left, figures to the right. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = `|---|${titles
    .slice(1)
    .map(() => '--:|')
    .join('')}`
  return [line(titles), rule, ...rows.map(line)]
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
