import type { Message } from '../../events/events.ts'
import { liveResponse } from '../frame/live.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { factsOf } from './app-page.ts'
import { appOf, appPage, endpointOf, pathTo, refuseUnless } from './desk.ts'
import { endpointMessages, messagesCard } from './parts/message-list.ts'
import { isMessageGoing, liveMessageParts, messageContent, resendMessage } from './parts/message-story.ts'
import { messagePath, type AppView } from './parts/view.ts'
import { eventWords } from './words.ts'

const PATH = '/events/apps/:app'
const MESSAGE = `${PATH}/messages/:message`
const LOOK_MS = 700
const { messages: say } = eventWords

export const messagePages: readonly PageRoute[] = [
  { method: 'get', path: `${PATH}/messages`, handle: messagesPage },
  { method: 'get', path: `${PATH}/endpoints/:endpoint/messages`, handle: endpointMessagesPage },
  { method: 'get', path: MESSAGE, handle: messagePage },
  { method: 'get', path: `${MESSAGE}/live`, handle: followed },
  { method: 'post', path: `${MESSAGE}/resend`, handle: resend },
]

async function messagesPage(visit: Visit): Promise<Page> {
  const view = appOf(visit)
  return appPage(view, { tab: '/messages', below: factsOf(view), content: messagesCard(view, visit) })
}

async function endpointMessagesPage(visit: Visit): Promise<Page> {
  const view = endpointOf(visit)
  const content = endpointMessages(view, { path: pathTo(view, view.endpoint), request: visit })
  return { title: say.title, place: 'events', content }
}

/** @throws {EventsError} unknown */
function messageOf(visit: Visit): { readonly view: AppView; readonly message: Message } {
  const view = appOf(visit)
  return { view, message: view.events.messages.get(view.app, visit.param('message')) }
}

async function messagePage(visit: Visit): Promise<Page> {
  const { view, message } = messageOf(visit)
  const path = [...pathTo(view), [say.title, `${view.at}/messages`]] as const
  const live = isMessageGoing({ view, message }) ? `${messagePath(view, message)}/live` : null
  return { title: message.eventType, place: 'events', content: messageContent({ view, message, path }), live }
}

async function followed(visit: Visit): Promise<Response> {
  const story = messageOf(visit)
  const look = () => ({ parts: liveMessageParts(story), isOver: !isMessageGoing(story) })
  return liveResponse(look, { clock: visit.services.clock, everyMs: LOOK_MS })
}

async function resend(visit: Visit): Promise<Response> {
  refuseUnless(visit, 'send')
  return seeOther(await resendMessage(messageOf(visit), visit.field('endpoint')))
}
