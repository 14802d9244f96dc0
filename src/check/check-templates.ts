import type { Campaign, TemplateText } from '../campaign/campaign.ts'
import { TemplateError, type Problem } from '../errors.ts'
import { compileTemplate, type TemplatePayload } from '../template/template.ts'

/** Compiles every template as a sender will, and gathers what does not. */
export function templateProblems(campaign: Campaign): Problem[] {
  return templatesOf(campaign).flatMap(({ template, payload }) => problemOf(campaign, template, payload) ?? [])
}

interface Use {
  readonly template: TemplateText
  readonly payload: TemplatePayload
}

function templatesOf({ webhook }: Campaign): Use[] {
  const body = webhook.method === 'GET' ? null : webhook.body
  return [
    { template: webhook.path, payload: 'url' },
    ...webhook.headers.flatMap((header): Use[] =>
      header.kind === 'template' ? [{ template: header.value, payload: 'header' }] : [],
    ),
    ...(body === null ? [] : [{ template: body, payload: webhook.payload }]),
    ...Object.values(webhook.eventProperties).map((template): Use => ({ template, payload: 'text' })),
  ]
}

function problemOf(campaign: Campaign, template: TemplateText, payload: TemplatePayload): Problem | null {
  try {
    compileTemplate(template.text, {
      payload,
      name: template.file,
      line: template.line,
      jsonEscape: campaign.webhook.jsonEscape,
      isLegacyLoopScope: campaign.isLegacyLoopScope,
      timezone: campaign.timezone,
      areBranchesChecked: true,
    })
    return null
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { file, line, column, message } = error
    return { file, line, column, message }
  }
}
