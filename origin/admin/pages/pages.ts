import type { Html } from '../../../shared/page/layout.ts'
import { valueIn } from '../../../shared/value-in.ts'
import type { Params } from '../../http/params.ts'
import type { Element } from '../../web/xml.ts'
import { titlePage, usersPage } from './forms.ts'
import { listenersPage, movePage } from './listeners.ts'
import { mountsPage, serverPage } from './mounts.ts'
import { resultPage } from './result.ts'

const pages: Readonly<Record<string, (answer: Element) => Html>> = {
  stats: serverPage,
  listmounts: mountsPage,
  streamlist: mountsPage,
  listclients: listenersPage,
  moveclients: movePage,
  updatemetadata: titlePage,
  manageauth: usersPage,
}

/** The answer of a command as a page (`.xsl`). Actions are forms, so that no link changes anything. */
export function printAnswerPage(command: string, answer: Element, params: Params): Html {
  const page = valueIn(pages, command)
  return page && answer[0] === 'icestats' ? page(answer) : resultPage(answer, params)
}
