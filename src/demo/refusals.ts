/**
 * Scenes three and four: wrong peers, each refused for its own reason; and an impostor.
 */
import type { Credential } from './authority.ts'
import { startRelay } from './relay.ts'
import { tellRefusal } from './six-steps.ts'
import { clientUri, hostName, type Cast, type Stage } from './stage.ts'

const clients: readonly (readonly [string, (cast: Cast) => Credential, string])[] = [
  ['A client of another authority, with the right name in its certificate', (cast) => cast.foreignClient, 'path/no-anchor'],
  ['A client whose certificate expired yesterday', (cast) => cast.expiredClient, 'path/expired'],
  ['A client whose certificate is for servers, not for clients', (cast) => cast.serverOnlyClient, 'path/extended-key-usage'],
]

export async function showRefusals(stage: Stage): Promise<void> {
  const { cast, paper, programs } = stage
  stage.title('3. Wrong peers, and why each is refused')
  for (const [what, pick, code] of clients) {
    paper.line(` ${paper.paint('bold', what)}`)
    const service = await programs.serve(stage.serverWith(cast.server))
    const result = await programs.connect(stage.clientWith(pick(cast), service.port))
    const event = await service.next()
    tellRefusal(stage, 'server', event)
    stage.check(`refused by the server with ${code}; the client got no answer`,
      event.outcome === 'refused' && event.verdictCode === code && (result.outcome === 'refused' || result.reply === ''))
    paper.line()
  }
  paper.line(` ${paper.paint('bold', `A server with a good certificate for another name than ${hostName}`)}`)
  const service = await programs.serve(stage.serverWith(cast.misnamedServer))
  const result = await programs.connect(stage.clientWith(cast.client, service.port))
  tellRefusal(stage, 'client', result)
  stage.check('refused by the client with path/name-mismatch; nothing was written',
    result.outcome === 'refused' && result.verdictCode === 'path/name-mismatch')
}

/**
 * The impostor has a certificate and key of its own, and knows the victim’s certificate, which is no secret. Its own
 * TLS library would not send a certificate that does not fit the key, so a relay puts it into the message.
 */
export async function showImpostor(stage: Stage): Promise<void> {
  const { cast, paper, programs } = stage
  stage.title('4. An impostor: the victim’s certificate on the wire, another key behind it (TLS 1.2)')

  paper.line(` ${paper.paint('bold', 'First, that the relay by itself breaks nothing: it replaces the victim’s chain by the same chain')}`)
  const same = await attempt(stage, cast.client)
  stage.check(`accepted as ${clientUri}`, same.event.outcome === 'accepted' && same.swapped === 1
    && same.event.identities.includes(`uri: ${clientUri}`) && same.reply !== '')
  paper.line()

  paper.line(` ${paper.paint('bold', 'Then the impostor: it signs with its own key, the relay sends the victim’s certificate')}`)
  const impostor = await attempt(stage, cast.foreignClient)
  tellRefusal(stage, 'server', impostor.event)
  paper.block('The certificate alone would have been accepted. The signature in CertificateVerify is the impostor’s, and '
    + 'does not fit the key in the certificate: OpenSSL ends the handshake before there is anything to judge.', 5)
  stage.check('the server’s TLS library refused the signature; nobody was let in',
    impostor.event.outcome === 'tls-error' && impostor.event.code === 'ERR_SSL_BAD_SIGNATURE'
    && impostor.swapped === 1 && impostor.reply === '')

  async function attempt({ cast: { server, client } }: Stage, credential: Credential) {
    const service = await programs.serve(stage.serverWith(server, { version: 'TLSv1.2' }))
    const relay = await startRelay(service.port, client.chain)
    const result = await programs.connect(stage.clientWith(credential, relay.port, { version: 'TLSv1.2' }))
    const event = await service.next()
    relay.close()
    return { event, swapped: relay.swapped(), reply: result.outcome === 'accepted' ? result.reply : '' }
  }
}
