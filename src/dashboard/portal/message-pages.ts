import { isMessageGoing, liveMessageParts, messageContent, resendMessage } from '../events/parts/message-story.ts'
import { messagesCard } from '../events/parts/message-list.ts'
import { messagePath, type AppView } from '../events/parts/view.ts'
import type { Message } from '../../events/events.ts'
import { html } from '../../report/report.ts'
import type { LiveParts } from '../frame/live.ts'
import { head } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import { appOf, refuseUnless } from './desk.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const PATH = '/messages'
const MESSAGE = `${PATH}/:message`
const LOOK_MS = 1000
const { messages: say } = portalWords

export const messagePages: readonly PortalRoute[] = [
  { method: 'get', path: PATH, handle: listPage },
  { method: 'get', path: MESSAGE, handle: messagePage },
  { method: 'get', path: `${MESSAGE}/live`, handle: followed },
  { method: 'post', path: `${MESSAGE}/resend`, handle: resend },
]

function listPage(visit: PortalVisit): PortalPage {
  const content = [
    head({ title: say.title, below: html`<p class="note">${say.what}</p>` }),
    messagesCard(appOf(visit), visit),
  ]
  return { title: say.title, place: 'messages', content }
}

/** @throws {EventsError} unknown */
function messageOf(visit: PortalVisit): { readonly view: AppView; readonly message: Message } {
  const view = appOf(visit)
  return { view, message: view.events.messages.get(view.app, visit.param('message')) }
}

function messagePage(visit: PortalVisit): PortalPage {
  const { view, message } = messageOf(visit)
  const path = [[say.title, visit.at(PATH)]] as const
  const live = isMessageGoing({ view, message }) ? `${messagePath(view, message)}/live` : null
  return { title: message.eventType, place: 'messages', content: messageContent({ view, message, path }), live }
}

function followed(visit: PortalVisit): Response {
  const story = messageOf(visit)
  const { holderOf } = visit.services
  const look = (): LiveParts => {
    if (holderOf(visit.holder.token) === null) return { parts: {}, isOver: true }
    return { parts: liveMessageParts(story), isOver: !isMessageGoing(story) }
  }
  return visit.follow(look, LOOK_MS)
}

async function resend(visit: PortalVisit): Promise<Response> {
  const story = messageOf(visit)
  refuseUnless(story.view, 'send')
  return seeOther(await resendMessage(story, visit.field('endpoint')))
}
