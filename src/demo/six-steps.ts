/**
 * Scene one: the six steps of mutual authentication, each told by the end that took it.
 */
import { sha256Hex } from '../node/identity.ts'
import { escapeText } from '../verify/index.ts'
import type { Accepted, Refused, ServerEvent } from './messages.ts'
import { clientUri, hostName, type Stage } from './stage.ts'

type Side = 'client' | 'server'

const arrows = { right: '──▶', left: '◀──', both: '◀─▶', none: '   ' } as const

export async function showSixSteps(stage: Stage): Promise<void> {
  const { cast, paper, programs } = stage
  stage.title('1. Two programs authenticate each other (TLS 1.3, loopback)')
  const { pids } = programs
  paper.line(`   client: process ${pids.client}, certificate for ${clientUri}`)
  paper.line(`   server: process ${pids.server}, certificate for ${hostName}`)
  paper.line('   both trust one root, made a moment ago; each certificate comes from an intermediate below it')
  paper.line()

  const service = await programs.serve(stage.serverWith(cast.server))
  const command = stage.clientWith(cast.client, service.port)
  const atClient = await programs.connect(command)
  const atServer = await service.next()
  if (atClient.outcome !== 'accepted' || atServer.outcome !== 'accepted') {
    stage.check('both ends accept each other', false)
    tellRefusal(stage, 'client', atClient)
    tellRefusal(stage, 'server', atServer)
    return
  }
  const heard = await service.next()
  const step = (number: number, arrow: keyof typeof arrows, what: string, holds: boolean): void => {
    const mark = stage.expect(`step ${number}: ${what}`, holds)
    paper.line(` ${mark} ${paper.paint('bold', `(${number})`)} client ${paper.paint('cyan', arrows[arrow])} server   ${what}`)
  }

  step(1, 'right', `the client asks for “${escapeText(atServer.hostName)}”`, atServer.hostName === hostName)
  step(2, 'left', `the server sends its certificate and ${atClient.certificates - 1} more`,
    atClient.leaf === sha256Hex(cast.server.der) && atClient.certificates === 2)
  step(3, 'none', `the client verifies it: anchor and name ${hostName}`, atClient.identities.includes(`dns: ${hostName}`))
  paper.block(atClient.explanation, 10, 'dim')
  step(4, 'right', `the client sends its certificate and ${atServer.certificates - 1} more`,
    atServer.leaf === sha256Hex(cast.client.der) && atServer.certificates === 2)
  step(5, 'none', `the server verifies it, and lets ${clientUri} in`, atServer.identities.includes(`uri: ${clientUri}`))
  paper.block(atServer.explanation, 10, 'dim')
  step(6, 'both', 'both proved their private keys; the channel is encrypted', sameChannel(atClient, atServer))
  tellEnd(stage, 'client', atClient)
  tellEnd(stage, 'server', atServer)
  const text = heard.outcome === 'message' ? heard.text : ''
  paper.line(`          client ──▶ server   “${escapeText(text)}”`)
  paper.line(`          client ◀── server   “${escapeText(atClient.reply)}”`)
  stage.check('the message arrived, and came back in the answer',
    text === command.message && atClient.reply.includes(command.message), 1)
}

function sameChannel(client: Accepted, server: Accepted): boolean {
  return client.protocol === 'TLSv1.3' && server.protocol === client.protocol && server.cipher === client.cipher
}

function tellEnd({ paper }: Stage, side: Side, view: Accepted): void {
  paper.line(`          ${side} sees: ${view.protocol}, ${view.cipher}, peer ${view.identities.map((name) => escapeText(name)).join(', ')}`)
}

export function tellRefusal({ paper }: Stage, side: Side, event: Refused | Accepted | ServerEvent): void {
  if (event.outcome === 'refused') {
    paper.line(`     the ${side} says: ${event.code}`)
    paper.block(event.explanation, 7, 'dim')
  } else if (event.outcome === 'tls-error') {
    paper.line(`     the ${side}’s TLS library says: ${escapeText(event.code)}`)
    paper.block(escapeText(event.message), 7, 'dim')
  } else {
    paper.line(`     the ${side} says: ${event.outcome}`)
  }
}
