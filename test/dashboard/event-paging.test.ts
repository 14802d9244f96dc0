import { expect, test } from 'vitest'
import { pageLinks } from '../../src/dashboard/events/parts/paging.ts'
import { html } from '../../src/report/report.ts'

const links = (page: Omit<Parameters<typeof pageLinks<string>>[0], 'rows'>, rows: readonly string[] = []): string =>
  html`${pageLinks({ ...page, rows }, { query: { state: 'failed', after: 'msg_9' }, idOf: (id) => id })}`.text

test('goes on behind the last row, or behind how far was looked where hardly anything was met', () => {
  const found = links({ isDone: false, passed: null }, ['msg_8', 'msg_7'])
  expect(found).toContain('href="?state=failed&amp;after=msg_7"')
  expect(found).not.toContain('not all were looked at')
  const passed = links({ isDone: false, passed: { id: 'msg_3', isBackwards: false } }, ['msg_8'])
  expect(passed).toContain('href="?state=failed&amp;after=msg_3"')
  expect(passed).toContain('not all were looked at')
  expect(links({ isDone: false, passed: { id: 'msg_3', isBackwards: false } })).toContain('after=msg_3')
  expect(links({ isDone: true, passed: null }, ['msg_1'])).toBe(
    '<div class="pages"><a href="?state=failed">Newest</a></div>',
  )
})
