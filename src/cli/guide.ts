import type { Command } from 'commander'
import { pathOf } from './command-path.ts'

/** What the help of a command tells besides its flags and examples. */
interface Guide {
  /** What the first example prints, shortened. */
  readonly prints: string
  /** Where the command's own help text does not tell them. */
  readonly exitCodes?: string
  readonly seeAlso: readonly string[]
}

const OF_RUN =
  '0 everybody was sent to or left out on purpose, 1 some failed or were aborted, 2 nothing was begun, 130 interrupted or paused.'
const OF_READING = '0 done, 2 there is no such run, or it cannot be read.'
const OF_ASKING = '0 done, 2 the service refused it, or could not be asked.'

const GUIDES: Readonly<Record<string, Guide>> = {
  validate: {
    prints: `campaign.yaml is right: spring-points, POST https://sms.example.com/v1/messages
customers.csv: 3 customers by id, up to 3 to be called`,
    exitCodes: '0 a run could start, 2 something is wrong: all problems are listed.',
    seeAlso: ['preview', 'test', 'run'],
  },
  run: {
    prints: `spring-points  finished
  run      01a20446-51ea-718d-a193-8807a3942778
  took     1.7 s

customers  3
  sent        3`,
    seeAlso: ['validate', 'resume', 'report', 'replay'],
  },
  resume: {
    prints: `spring-points  finished
  run      01a20446-51ea-718d-a193-8807a3942778`,
    exitCodes: OF_RUN,
    seeAlso: ['pause', 'replay', 'runs'],
  },
  pause: {
    prints: 'The run is paused: go on with hookcast resume 01a20446-51ea-718d-a193-8807a3942778',
    exitCodes: '0 nobody works on the run any more, 2 it cannot be paused, as it has ended.',
    seeAlso: ['resume', 'cancel'],
  },
  cancel: {
    prints: 'The run is cancelled, 1,204 customers were aborted: 01a20446-51ea-718d-a193-8807a3942778',
    exitCodes: '0 the run is cancelled, 2 it cannot be, as it is finished.',
    seeAlso: ['pause', 'replay'],
  },
  replay: {
    prints: `Replaying 7 customers of 01a20446-51ea-718d-a193-8807a3942778, with the rows that it kept: 7 failed (5 exhausted, 2 refused); 1 keep key and bytes, as the receiver may have them
Start? [y/N] y
spring-points  finished`,
    exitCodes: `${OF_RUN} 0 also when there is nobody to replay.`,
    seeAlso: ['report', 'resume'],
  },
  runs: {
    prints: `run                                   state     started           campaign       customers  sent  failed
01a20446-51ea-718d-a193-8807a3942778  finished  2026-11-22 17:20  spring-points          3     3       0`,
    exitCodes: '0 listed, also when there is none; 2 the data folder cannot be read.',
    seeAlso: ['report', 'resume'],
  },
  report: {
    prints: `spring-points  finished
  run      01a20446-51ea-718d-a193-8807a3942778
  took     1.7 s

customers  3
  sent        3`,
    exitCodes: `${OF_READING} With --follow that of the run.`,
    seeAlso: ['runs', 'replay'],
  },
  export: {
    prints: 'Nothing: c-17.json holds one JSON object with every run that knows the customer.',
    seeAlso: ['erase', 'runs'],
  },
  erase: { prints: 'Erase 1 customer from 4 runs, for good? [y/N] y', seeAlso: ['export', 'runs'] },
  preview: {
    prints: `POST https://sms.example.com/v1/messages
Content-Type: application/json
Authorization: Basic ***
Idempotency-Key: 01a20446-473e-7956-9263-06463abe9ca1-0

{
  "customer_id": "c-17"
}`,
    seeAlso: ['validate', 'test'],
  },
  test: {
    prints: `POST https://sms.example.com/v1/messages
…
200 in 45 ms
…
row 17, customer c-17: sent`,
    seeAlso: ['preview', 'check', 'run'],
  },
  check: {
    prints: `https://sms.example.com/v1/messages  warn
24 passed, 1 to mind`,
    seeAlso: ['test'],
  },
  egress: {
    prints: `{ "pools": [ { "name": "static", "addresses": [ "203.0.113.10" ] } ] }`,
    exitCodes: '0 listed, also when there is none; 2 hookcast.yaml has problems.',
    seeAlso: ['run'],
  },
  backup: {
    prints: 'Copied 12 files, 3.4 MB, to /backups/hookcast-2026-11-22',
    exitCodes: '0 copied, 2 the folder is there already, or something could not be copied.',
    seeAlso: ['restore', 'serve'],
  },
  restore: {
    prints: `Restored 12 files, 3.4 MB, of the backup of 2026-11-22T17:20:47.000Z, to /var/lib/hookcast
The key of stored secrets is in no backup: put the old secret.key to /var/lib/hookcast/secret.key before the first start, unless HOOKCAST_SECRET_KEY is set
Who was erased after the backup is in it again: \`hookcast erase\` them anew`,
    exitCodes: '0 restored, 2 the backup is incomplete or altered, or the data folder is not empty.',
    seeAlso: ['backup', 'resume', 'release'],
  },
  serve: {
    prints: 'listening on http://127.0.0.1:8080',
    exitCodes: '0 a signal ended it, 2 it could not begin.',
    seeAlso: ['run', 'runs', 'pause'],
  },
  worker: {
    prints: 'working for redis.internal:6379',
    exitCodes: '0 a signal ended it, 2 Redis cannot be used, or a setting is wrong.',
    seeAlso: ['serve', 'run'],
  },
  activate: {
    prints: 'spring-points starts by itself: version 1, next at 2026-11-23T08:00:00.000Z',
    exitCodes: '0 done, 2 the campaign has problems, or is started by hand.',
    seeAlso: ['serve', 'holds', 'validate'],
  },
  holds: {
    prints: `welcome  on hold since 2026-11-22T03:00:12.000Z (client_error)
  Stopped the webhook after 5 client errors, the last a 401 from https://sms.example.com/v1/messages: 5 failed, 20 on hold. Fix the credentials, then \`hookcast release welcome\`; the 5 that failed: \`hookcast replay 01a20447-14fe-794b-8365-c07c8efec08b --status failed\`.`,
    exitCodes: '0 listed, also when there is none; 2 no service could be asked.',
    seeAlso: ['release', 'serve'],
  },
  release: {
    prints: 'welcome goes on',
    exitCodes: '0 done, 2 it is not on hold, or no service could be asked.',
    seeAlso: ['holds', 'serve'],
  },
  events: {
    prints: `app_3BqJ1d9WfZkq1m0cXv2uTn5LrYe
ep_3BqJ1d9WfZkq1m0cXv2uTn5LrYe
msg_3BqJ1d9WfZkq1m0cXv2uTn5LrYe`,
    exitCodes: OF_ASKING,
    seeAlso: ['serve', 'events listen', 'events publish'],
  },
  'events list apps': {
    prints: `app                              uid   name  made
app_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  acme  Acme  2026-11-22 17:20:47`,
    exitCodes: OF_ASKING,
    seeAlso: ['events create app'],
  },
  'events list types': {
    prints: `event type    description
user.created  somebody has registered`,
    exitCodes: OF_ASKING,
    seeAlso: ['events create type'],
  },
  'events list endpoints': {
    prints: `endpoint                        uid   state   profile  event types  url
ep_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  main  active  svix     user.*       https://acme.example.com/hooks`,
    exitCodes: OF_ASKING,
    seeAlso: ['events create endpoint', 'events restart'],
  },
  'events list messages': {
    prints: `message                          accepted             event type    event id
msg_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  2026-11-22 17:20:47  user.created  user-17`,
    exitCodes: OF_ASKING,
    seeAlso: ['events publish', 'events list attempts'],
  },
  'events list attempts': {
    prints: `attempt                            began                message                          endpoint                        status  http  ms
atmpt_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  2026-11-22 17:20:47  msg_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  ep_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  sent    200   12`,
    exitCodes: OF_ASKING,
    seeAlso: ['events resend', 'events recover'],
  },
  'events create app': {
    prints: 'app_3BqJ1d9WfZkq1m0cXv2uTn5LrYe',
    exitCodes: OF_ASKING,
    seeAlso: ['events create endpoint'],
  },
  'events create type': { prints: 'user.created', exitCodes: OF_ASKING, seeAlso: ['events publish'] },
  'events create endpoint': {
    prints: 'ep_3BqJ1d9WfZkq1m0cXv2uTn5LrYe',
    exitCodes: OF_ASKING,
    seeAlso: ['events secret', 'events publish', 'events listen'],
  },
  'events publish': {
    prints: 'msg_3BqJ1d9WfZkq1m0cXv2uTn5LrYe',
    exitCodes: '0 stored, 1 lines of NDJSON were refused, 2 nothing was, or the service ended or could not be asked.',
    seeAlso: ['events list attempts', 'events listen'],
  },
  'events resend': {
    prints: 'user-17 is sent again to main',
    exitCodes: OF_ASKING,
    seeAlso: ['events recover', 'events list attempts'],
  },
  'events recover': {
    prints: '12 messages are in line',
    exitCodes: OF_ASKING,
    seeAlso: ['events replay', 'events resend'],
  },
  'events replay': { prints: '12 messages are in line', exitCodes: OF_ASKING, seeAlso: ['events recover'] },
  'events restart': {
    prints: 'main was suspended and is restarting',
    exitCodes: OF_ASKING,
    seeAlso: ['events list endpoints', 'events recover'],
  },
  'events secret': {
    prints: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    exitCodes: OF_ASKING,
    seeAlso: ['events rotate', 'events verify'],
  },
  'events rotate': {
    prints: 'main signs with a new secret: `hookcast events secret acme main` shows it',
    exitCodes: OF_ASKING,
    seeAlso: ['events secret'],
  },
  'events portal': {
    prints: 'https://hookcast.example.com/portal/hc_…',
    exitCodes: OF_ASKING,
    seeAlso: ['events create app', 'events secret'],
  },
  'events verify': {
    prints: 'the timestamp is 12 min old: receivers refuse more than 5 min; a resent message is signed anew',
    exitCodes: '0 the signature is good, 1 it is not, 2 usage.',
    seeAlso: ['events listen', 'events secret'],
  },
  'events listen': {
    prints: `17:20:47  POST  /  msg_3BqJ1d9WfZkq1m0cXv2uTn5LrYe  good
  {
    "id": 17
  }`,
    exitCodes: '0 Ctrl-C ended it, 2 it could not begin.',
    seeAlso: ['events publish', 'events verify'],
  },
  completion: {
    prints: 'Nothing: from now on Tab completes commands, flags, their values, campaign files and run ids.',
    exitCodes: '0 printed, 2 there is no such shell.',
    seeAlso: [],
  },
}

/** Adds to a command's help what it prints, its exit codes, and where to read on. */
export function addGuide(command: Command): void {
  const path = pathOf(command)
  const guide = GUIDES[path]
  if (guide === undefined) return
  const { prints, exitCodes, seeAlso } = guide
  const indented = prints.replaceAll(/^(?=.)/gm, '  ')
  const others = seeAlso.map((name) => `hookcast ${name} --help`)
  const parts = [
    `Prints:\n${indented}`,
    ...(exitCodes === undefined ? [] : [`Exit codes: ${exitCodes}`]),
    `See also: ${[...others, `docs/commands/${path.split(' ')[0]}.md`].join(', ')}`,
  ]
  command.addHelpText('after', `\n${parts.join('\n\n')}`)
}

/** What `hookcast` alone, and `hookcast --help`, end with: the way from an API to a first run. */
export const FIRST_STEPS = `
First steps:
  1. hookcast check https://api.example.com/v1/messages    is the API ready to be called?
  2. hookcast validate campaign.yaml                       is everything right? Nothing is sent
  3. hookcast preview campaign.yaml                        what would the first customer get?
  4. hookcast test campaign.yaml                           one real request
  5. hookcast run campaign.yaml --pause-after 1%           the first hundredth, then hookcast resume <run>
  6. hookcast report <run> --format html --out report.html`
