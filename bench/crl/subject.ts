/** One subject in a process of its own: reads the list, does its work a few times, and prints the best time and the peak memory. */
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { loadSnapshot, parseCrl, saveSnapshot } from 'countersign/revocation'
import { parseCertificate } from 'countersign'

const [subject = '', path = '', rounds = '3', caPath = ''] = process.argv.slice(2)
const der = new Uint8Array(readFileSync(path))

/** The bare scan: every octet of the entries is read, and one number is written for each entry. */
function scan(der: Uint8Array): number {
  const out = new Uint32Array(der.length >> 4)
  let at = entriesAt
  let count = 0
  while (at < entriesEnd) {
    const stop = at + 2 + der[at + 1]!
    let sum = 0
    for (; at < stop; at++) sum = (sum + der[at]!) | 0
    out[count++] = sum
  }
  return count
}

/** Where the entries of the generated list begin and end. */
function entriesOf(): [number, number] {
  const open = (at: number): [number, number] => {
    const first = der[at + 1]!
    if (first < 0x80) return [at + 2, at + 2 + first]
    let length = 0
    for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + der[at + 2 + i]!
    return [at + 2 + (first & 0x7f), at + 2 + (first & 0x7f) + length]
  }
  let [at] = open(open(0)[0])
  // version, signature, issuer, thisUpdate, nextUpdate
  for (let i = 0; i < 5; i++) at = open(at)[1]
  return open(at)
}
const [entriesAt, entriesEnd] = entriesOf()

const work: Record<string, () => unknown> = {
  'read only': () => 0,
  'bare scan': () => scan(der),
  'a copy, and the bare scan': () => scan(new Uint8Array(der)),
  'countersign': () => parseCrl(der).size,
  'pkijs': () => pkijs!.CertificateRevocationList.fromBER(der.slice().buffer).revokedCertificates!.length,
  '@peculiar/x509': () => new peculiar!.X509Crl(der).entries.length,
}
const pkijs = subject === 'pkijs' ? await import('pkijs') : undefined
if (subject === '@peculiar/x509') await import('reflect-metadata')
const peculiar = subject === '@peculiar/x509' ? await import('@peculiar/x509') : undefined

if (subject === 'look-up') {
  const crl = parseCrl(der)
  const serials = [...crl.entries()].filter((_, i) => i % Math.ceil(crl.size / 1000) === 0).map(({ serialNumber }) => Uint8Array.from(Buffer.from(serialNumber, 'hex')))
  const best = (action: (serial: Uint8Array) => unknown): number => Math.min(...Array.from({ length: 30 }, () => {
    const start = process.hrtime.bigint()
    for (const serial of serials) action(serial)
    return Number(process.hrtime.bigint() - start) / serials.length
  }))
  const key = crl.issuer.key
  const absent = serials.map((serial) => serial.map((octet, i) => (i === serial.length - 1 ? octet ^ 1 : octet)))
  let next = 0
  console.log(JSON.stringify({
    present: best((serial) => crl.find(serial, key)), absent: best(() => crl.find(absent[next++ % absent.length]!, key)),
    sha256: best((serial) => createHash('sha256').update(serial).digest()),
  }))
} else if (subject === 'snapshot') {
  const signer = parseCertificate(new Uint8Array(readFileSync(caPath)))
  const start = performance.now()
  const { bytes, digest } = await saveSnapshot(parseCrl(der), { signer })
  const saved = performance.now() - start
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const begun = performance.now()
    await loadSnapshot(bytes, { expectedDigest: digest })
    times.push(performance.now() - begun)
  }
  console.log(JSON.stringify({ save: saved, load: Math.min(...times), bytes: bytes.length, of: der.length }))
} else {
  const times: number[] = []
  for (let i = 0; i < Number(rounds); i++) {
    const start = performance.now()
    work[subject]!()
    times.push(performance.now() - start)
  }
  console.log(JSON.stringify({ ms: Math.min(...times), peak: process.resourceUsage().maxRSS * 1024 }))
}
