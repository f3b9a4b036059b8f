import { Refused } from '../web/answers.ts'
import { type Element, root, sourceElement } from '../web/xml.ts'
import type { AdminCall } from './call.ts'

/** `manageauth`: the users of a mount's password file; with `action=add` or `delete` it changes them first. */
export async function manageUsers(call: AdminCall): Promise<Element> {
  const { mount, auth } = call
  const users = mount && auth.usersOf(mount)
  if (!users) throw new Refused('missing parameter') // the text of Icecast 2.4 for a mount without users
  const message = await change(call, users)
  const list = users.list().map((name): Element => ['User', [['username', name]]])
  const told: Element[] = message === undefined ? [] : [['iceresponse', [['message', message]]]]
  return root(sourceElement(mount, list), ...told)
}

type Users = NonNullable<ReturnType<AdminCall['auth']['usersOf']>>

/** Performs the action and returns Icecast's message; undefined without an action. */
async function change({ params }: AdminCall, users: Users): Promise<string | undefined> {
  const action = params.get('action')
  if (action !== 'add' && action !== 'delete') return undefined
  const name = params.get('username')
  if (name === undefined) throw new Refused('missing parameter')
  if (action === 'delete') {
    await users.delete(name)
    return 'User deleted' // also for an unknown user, as in Icecast
  }
  const password = params.get('password')
  if (password === undefined) throw new Refused('missing parameter')
  return messages[await users.add(name, password)]
}

const messages = {
  added: 'User added',
  exists: 'User already exists - not added',
  'bad name': 'Invalid user name - not added',
} as const
