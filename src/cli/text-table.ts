/** Lays cells out in columns, the first row being the heading; the last `counts` columns are numbers and stand right. */
export function textTable(
  rows: readonly (readonly string[])[],
  { counts = 0 }: { readonly counts?: number } = {},
): string {
  const heading = rows[0] ?? []
  const widths = heading.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)))
  const words = heading.length - counts
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => (column < words ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}
