/** What can be said of a template without rendering it: what it reads, and what it is likely to get wrong. */
export { FactCounter, type AudienceFacts } from './audience-facts.ts'
export { placeOf, readTemplate, type TemplateReading } from './template-reading.ts'
