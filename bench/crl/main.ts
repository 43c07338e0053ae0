/**
 * Lists at the size of real fleets: `npm run -s bench:crl`. Each subject runs in a process of its own, one after the other, so
 * that times do not disturb each other and peak memory is its own. Writes the section of bench/results.md between its two marks.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeBitString, encodeContext, encodeInteger, encodeOctetString, encodeOid, encodeSequence, encodeTime } from '../../src/asn1/index.ts'
import { bc, ecdsaSha256, issue, ku, makeKeys, name, sign } from '../../fixtures/issue.ts'
import { writeSection } from '../section.ts'
import { runGo, runWebpki } from './peers.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-crl-'))
const keys = makeKeys('bench crl')
const caPath = join(folder, 'ca.der')

/** A list of `count` entries, of 16 octets a serial, half of them with a reason. */
function makeList(count: number): Uint8Array {
  const withReason = Uint8Array.from([0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, 0x01])
  const date = encodeTime(new Date(Date.UTC(2026, 0, 1)))
  const entries = new Uint8Array(count * 50)
  let at = 0
  let state = 1
  for (let i = 0; i < count; i++) {
    const tail = i % 2 === 0 ? withReason.length : 0
    entries.set([0x30, 18 + date.length + tail, 2, 16], at)
    at += 4
    for (let k = 0; k < 16; k += 4) {
      state = (Math.imul(state, 0x5bd1e995) + 0x6d2b79f5) | 0
      entries.set([k === 0 ? 1 + ((state >>> 24) & 0x3f) : state >>> 24, (state >>> 16) & 0xff, (state >>> 8) & 0xff, (i >>> (2 * k)) & 0xff], at + k)
    }
    at += 16
    entries.set(date, at)
    at += date.length
    if (tail > 0) entries.set(withReason, at)
    at += tail
  }
  const tbs = encodeSequence(encodeInteger(1), ecdsaSha256, name('Bench CA'), encodeTime(new Date(Date.UTC(2026, 0, 1))), encodeTime(new Date(Date.UTC(2030, 0, 1))),
    encodeSequence(entries.subarray(0, at)), encodeContext(0, encodeSequence(encodeSequence(encodeOid('2.5.29.20'), encodeOctetString(encodeInteger(1))))))
  return encodeSequence(tbs, ecdsaSha256, encodeBitString(sign(tbs, keys.secret)))
}

function run(subject: string, path: string, rounds: number): Record<string, number> | undefined {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./subject.ts', import.meta.url)), subject, path, String(rounds), caPath],
    { encoding: 'utf8', maxBuffer: 1 << 26 })
  if (status !== 0) console.error(stderr.trim().split('\n').slice(0, 12).join('\n'))
  return status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, number> : undefined
}

const ms = (value: number | undefined): string => (value === undefined ? 'not here' : value < 10 ? value.toFixed(2) : String(Math.round(value)))
const mb = (value: number | undefined): string => (value === undefined ? '' : String(Math.round(value / 1e6)))

try {
  writeFileSync(caPath, issue({ subject: name('Bench CA'), issuer: name('Bench CA'), keys, signer: keys, extensions: [bc(true), ku(0x60)] }))
  const paths = new Map([1_000, 10_000, 100_000, 1_000_000].map((count) => {
    const path = join(folder, `${count}.crl`)
    writeFileSync(path, makeList(count))
    return [count, path] as const
  }))
  const million = paths.get(1_000_000)!
  const hundred = paths.get(100_000)!
  const lines: string[] = ['| 1 000 000 entries | ms, best of several | peak memory of the process, MB |', '|---|---|---|']
  const subjects = ['read only', 'bare scan', 'a copy, and the bare scan', 'countersign']
  const found = new Map(subjects.map((subject) => [subject, run(subject, million, 9)]))
  for (const [subject, row] of found) lines.push(`| ${subject} | ${ms(row?.['ms'])} | ${mb(row?.['peak'])} |`)
  const go = runGo(folder, million)
  const webpki = runWebpki(folder, million)
  const [owned, borrowed] = typeof webpki === 'string' ? [webpki, webpki] : [webpki.owned, webpki.borrowed]
  for (const [subject, row] of [['Go crypto/x509', go], ['rustls-webpki, owned list', owned], ['rustls-webpki, borrowed list and one look-up', borrowed]] as const) {
    lines.push(typeof row === 'string' ? `| ${subject} | ${row} | |` : `| ${subject} | ${ms(row.ms)} | ${mb(row.peak)} |`)
  }
  const size = readFileSync(million).length
  const ours = found.get('countersign')!['ms']!
  const times = (subject: string): string => (ours / found.get(subject)!['ms']!).toFixed(2)
  const against = (name: string, row: { readonly ms: number } | string): string => (typeof row === 'string' ? '' : ` Against ${name}: ${(ours / row.ms).toFixed(2)} times (goal: below 1).`)
  lines.push('', `The list has ${(size / 1e6).toFixed(1)} MB; “read only” is Node with the file in memory. The bare scan reads every octet of the entries and writes one number an entry; it reads the caller’s own bytes, which may change at any time, and checks nothing. Every parse of ours begins with its private copy. Against the bare scan: ${times('bare scan')} times (goal: 1.5); against a copy and the bare scan of it: ${times('a copy, and the bare scan')} times.${against('Go', go)}${against('the owned list', owned)}`, '')
  lines.push('| subject | 100 000 entries, ms | peak memory, MB | 1 000 entries, ms |', '|---|---|---|---|')
  for (const subject of ['countersign', 'pkijs', '@peculiar/x509']) {
    const row = run(subject, hundred, subject === 'countersign' ? 7 : 1)
    lines.push(`| ${subject} | ${row === undefined ? 'does not read so many' : ms(row['ms'])} | ${mb(row?.['peak'])} | ${ms(run(subject, paths.get(1_000)!, 5)?.['ms'])} |`)
  }
  lines.push('', '| look-up, ns | listed | not listed | SHA-256 of the serial (`createHash`) |', '|---|---|---|---|')
  for (const [count, path] of paths) {
    const row = run('look-up', path, 1)!
    lines.push(`| ${count} entries | ${Math.round(row['present']!)} | ${Math.round(row['absent']!)} | ${Math.round(row['sha256']!)} |`)
  }
  const snapshot = run('snapshot', million, 1)!
  lines.push('', `Snapshot of 1 000 000 entries: ${(snapshot['bytes']! / 1e6).toFixed(1)} MB of a list of ${(size / 1e6).toFixed(1)}; made in ${ms(snapshot['save'])} ms (the signature checked, parsed and sorted), loaded in ${ms(snapshot['load'])} ms (its digest checked).`, '')
  console.log(lines.join('\n'))
  writeSection('crl', `## Revocation lists\n\n\`npm run -s bench:crl\`, each subject in a process of its own.\n\n${lines.join('\n')}`)
} finally {
  rmSync(folder, { recursive: true })
}
