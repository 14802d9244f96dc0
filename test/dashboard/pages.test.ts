import { describe, expect } from 'vitest'
import { seriousFindings, startShop, test } from './fixture.ts'

startShop()

describe('every page', () => {
  test('is readable for everybody, in light and dark, on a desk and on a phone, and without a script', async ({
    desk,
  }) => {
    const runId = await desk.ran('spring-points')
    const aborted = await desk.ran('win-back')
    const paths = [
      '/runs',
      `/runs/${runId}`,
      `/runs/${aborted}`,
      `/runs/${runId}/customers`,
      `/runs/${runId}/customers/6`,
      `/runs/${runId}/campaign`,
      `/runs/${runId}/replay`,
      '/campaigns',
      '/campaigns/weekly-digest',
      '/campaigns/spring-points/run',
      '/campaigns/spring-points/preview',
      '/campaigns/spring-points/dry-run',
      '/campaigns/weekly-digest/versions',
      '/holds',
      '/access',
    ]
    const views = [
      { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
      { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    ] as const
    for (const view of views) {
      const { page, complaints } = await desk.open('/runs', view)
      for (const path of paths) {
        await page.goto(desk.url + path)
        expect.soft([path, await seriousFindings(page)]).toEqual([path, []])
        expect.soft([path, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([path, 0])
      }
      expect(complaints).toEqual([])
      await page.context().close()
    }
    const { page } = await desk.open(`/runs/${runId}`, { javaScriptEnabled: false })
    expect(await page.innerText('main')).toContain('38 of 40 customers were sent to; 2 failed.')
    await page.context().close()
  })
})
