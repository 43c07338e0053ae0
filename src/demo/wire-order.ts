/**
 * Scene two: what is on the wire, and when. A relay notes every message of a TLS 1.2 handshake, whose certificates go
 * in clear.
 */
import { startRelay, type Sighting } from './relay.ts'
import type { Stage } from './stage.ts'

export async function showWireOrder(stage: Stage): Promise<void> {
  const { cast, paper, programs } = stage
  stage.title('2. The order on the wire, noted by a relay (TLS 1.2, where certificates go in clear)')
  const service = await programs.serve(stage.serverWith(cast.server, { version: 'TLSv1.2' }))
  const relay = await startRelay(service.port)
  const result = await programs.connect(stage.clientWith(cast.client, relay.port, { version: 'TLSv1.2' }))
  relay.close()
  tellSightings(stage, relay.sightings, result.time)
  const shown = relay.sightings.find(isClientCertificate)
  stage.check('the client accepts, and its certificate left before its JavaScript first saw the server’s',
    result.outcome === 'accepted' && shown !== undefined && shown.time < result.time)
  paper.block('Node asks JavaScript only when the handshake has ended. By then the client’s certificate, and the proof '
    + 'of its key, are on their way: a server that the client then refuses may have seen the certificate (never the '
    + 'key). No application data goes either way before the verdict. Who minds connects with probeFirst.', 4)

  paper.line()
  paper.line('    A server of another authority, without probeFirst:')
  const plain = await visitForeign(stage, false)
  stage.check('refused; it has seen the client’s certificate', plain.code === 'path/no-anchor' && plain.shown)

  paper.line('    The same server, with probeFirst: a first connection without a certificate, to judge the server')
  const probed = await visitForeign(stage, true)
  stage.check('refused; it has seen no certificate, and there was no second connection',
    probed.code === 'path/no-anchor' && !probed.shown && probed.connections === 1)

  paper.line('    The right server, with probeFirst:')
  const again = await startRelay(service.port)
  const accepted = await programs.connect(stage.clientWith(cast.client, again.port, { version: 'TLSv1.2', probeFirst: true }))
  again.close()
  const certificates = again.sightings.filter(isClientCertificate).map(({ name }) => name)
  for (const [index, name] of certificates.entries()) paper.line(`      connection ${index + 1}: client ──▶ server   ${name}`)
  stage.check('accepted; the certificate went out on the second connection only',
    accepted.outcome === 'accepted' && accepted.reply !== ''
    && certificates.join() === 'Certificate (0 certificates),Certificate (2 certificates)')
}

const isClientCertificate = ({ from, name }: Sighting): boolean => from === 'client' && name.startsWith('Certificate (')

async function visitForeign(stage: Stage, probeFirst: boolean): Promise<{ code: string | undefined, shown: boolean, connections: number }> {
  const { cast, programs } = stage
  const service = await programs.serve(stage.serverWith(cast.foreignServer, { version: 'TLSv1.2' }))
  const relay = await startRelay(service.port)
  const result = await programs.connect(stage.clientWith(cast.client, relay.port, { version: 'TLSv1.2', probeFirst }))
  relay.close()
  return {
    code: result.outcome === 'refused' ? result.verdictCode : undefined,
    shown: relay.sightings.some((sighting) => isClientCertificate(sighting) && !sighting.name.includes('(0 ')),
    connections: Math.max(0, ...relay.sightings.map(({ connection }) => connection)),
  }
}

function tellSightings({ paper }: Stage, sightings: readonly Sighting[], verdictAt: number): void {
  const start = sightings[0]?.time ?? verdictAt
  const stamp = (time: number): string => `${(time - start).toFixed(1).padStart(8)} ms`
  let judged = false
  for (const { from, name, time } of sightings) {
    if (!judged && time > verdictAt) {
      judged = true
      tellVerdict()
    }
    const certificate = name.startsWith('Certificate (')
    const text = `client ${from === 'client' ? '──▶' : '◀──'} server   ${name}`
    paper.line(`${stamp(time)}   ${certificate ? paper.paint('cyan', text) : text}`)
  }
  if (!judged) tellVerdict()

  function tellVerdict(): void {
    paper.line(`${stamp(verdictAt)}   ${paper.paint('yellow', 'client’s JavaScript has judged the server; the socket is handed over')}`)
  }
}
