/**
 * Every refusal of the DER layer beside a valid twin, as a function of the layer: the unit tests ask the source, and
 * `npm run mutate` asks copies of it with one check broken.
 */
import type * as Asn1 from '../../../src/asn1/index.ts'

type Read = (reader: Asn1.DerReader) => unknown

/** The code, what is read, the refused bytes and the accepted ones, in hexadecimal. */
export type Refusal = readonly [code: string, read: Read, refused: string, accepted: string]

export function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}

/** So many empty SEQUENCEs within each other. */
export function nested(depth: number): string {
  let text = ''
  for (let i = 0; i < depth; i++) {
    const length = text.length / 2
    text = `30${length < 128 ? '' : '81'}${length.toString(16).padStart(2, '0')}${text}`
  }
  return text
}

export function refusals(asn1: typeof Asn1): readonly Refusal[] {
  const string: Read = (reader) => asn1.stringContent(reader, reader.next())
  const oneElement: Read = (reader) => {
    reader.next()
    reader.finish()
  }
  const wellFormed: Read = (reader) => asn1.checkWellFormed(reader.bytes, 0, reader.end, 'value')
  return [
    ['asn1/truncated', oneElement, '3003020101'.slice(0, 6), '3003020101'],
    ['asn1/truncated', oneElement, '30', '3000'],
    ['asn1/trailing-data', oneElement, '050000', '0500'],
    ['asn1/indefinite-length', oneElement, '30800000', '3000'],
    ['asn1/non-minimal-length', oneElement, '04810161', '040161'],
    ['asn1/non-minimal-length', oneElement, `04820080${'61'.repeat(128)}`, `048180${'61'.repeat(128)}`],
    ['asn1/high-tag-number', oneElement, '1f8100', '1e00'],
    ['asn1/too-large', oneElement, '0485000000000161', '040161'],
    ['asn1/unexpected-tag', (r) => asn1.readBoolean(r, 'b'), '0201ff', '0101ff'],
    ['asn1/missing-element', (r) => asn1.readBoolean(r, 'b'), '', '010100'],
    ['asn1/invalid-boolean', (r) => asn1.readBoolean(r, 'b'), '010101', '0101ff'],
    ['asn1/invalid-boolean', (r) => asn1.readBoolean(r, 'b'), '0102ffff', '0101ff'],
    ['asn1/encoded-default', (r) => asn1.readBooleanDefaultFalse(r, 'b'), '010100', '0101ff'],
    ['asn1/invalid-integer', (r) => asn1.readIntegerBytes(r, 'i'), '0200', '020100'],
    ['asn1/invalid-integer', (r) => asn1.readIntegerBytes(r, 'i'), '0202007f', '02020080'],
    ['asn1/invalid-integer', (r) => asn1.readIntegerBytes(r, 'i'), '0202ff80', '0202ff7f'],
    ['asn1/integer-out-of-range', (r) => asn1.readUnsignedInteger(r, 'i'), '0201ff', '02017f'],
    ['asn1/integer-out-of-range', (r) => asn1.readUnsignedInteger(r, 'i'), '020701000000000000', '0206010000000000'],
    ['asn1/invalid-null', (r) => asn1.readNull(r, 'n'), '050100', '0500'],
    ['asn1/invalid-oid', (r) => asn1.readOid(r, 'o'), '0600', '06012a'],
    ['asn1/invalid-oid', (r) => asn1.readOid(r, 'o'), '06032a8001', '06022a01'],
    ['asn1/invalid-oid', (r) => asn1.readOid(r, 'o'), '06022a81', '06032a8101'],
    ['asn1/oid-too-long', (r) => asn1.readOid(r, 'o'), `068181${'01'.repeat(129)}`, `068180${'01'.repeat(128)}`],
    ['asn1/oid-too-long', (r) => asn1.readOid(r, 'o'), `0616${'2a'}${'81'.repeat(20)}01`, `06152a${'81'.repeat(18)}0101`],
    ['asn1/invalid-bit-string', (r) => asn1.readBitString(r, 'b'), '0300', '030100'],
    ['asn1/invalid-bit-string', (r) => asn1.readBitString(r, 'b'), '0302080f', '0302040'.concat('0')],
    ['asn1/invalid-bit-string', (r) => asn1.readBitString(r, 'b'), '03020407', '03020470'],
    ['asn1/invalid-bit-string', (r) => asn1.readOctetAlignedBitString(r, 'b'), '03020470', '03020070'],
    ['asn1/unexpected-tag', string, '020101', '0c0141'],
    ['asn1/invalid-string', string, '130140', '130141'],
    ['asn1/invalid-string', string, '120141', '120131'],
    ['asn1/invalid-string', string, '160180', '160141'],
    ['asn1/invalid-string', string, '0c02c080', '0c02c3a9'],
    ['asn1/invalid-string', string, '0c03eda080', '0c03e282ac'],
    ['asn1/invalid-string', string, '1e0141', '1e020041'],
    ['asn1/invalid-string', string, '1e02d800', '1e0220ac'],
    ['asn1/invalid-string', string, '1c0400110000', '1c040010ffff'],
    ['asn1/invalid-time', (r) => asn1.readTime(r, 't'), `170b${hex('2601010000Z')}`, `170d${hex('260101000000Z')}`],
    ['asn1/invalid-time', (r) => asn1.readTime(r, 't'), `170d${hex('260229000000Z')}`, `170d${hex('240229000000Z')}`],
    ['asn1/invalid-time', (r) => asn1.readTime(r, 't'), `170d${hex('260101240000Z')}`, `170d${hex('260101235959Z')}`],
    ['asn1/invalid-time', (r) => asn1.readTime(r, 't'), `170d${hex('2601010000+01')}`, `170d${hex('260101000000Z')}`],
    ['asn1/invalid-time', (r) => asn1.readGeneralizedTime(r, 't'), `1811${hex('20260101000000.5Z')}`, `180f${hex('20260101000000Z')}`],
    ['asn1/too-deep', wellFormed, nested(33), nested(32)],
    // At the edges of each check.
    ['asn1/truncated', oneElement, '048401000000', '048180'.concat('61'.repeat(128))],
    ['asn1/truncated', oneElement, '048201', '040161'],
    ['asn1/non-minimal-length', oneElement, '048101', `04820100${'61'.repeat(256)}`],
    ['asn1/unexpected-tag', (r) => asn1.readBoolean(r, 'b'), '0000', '010100'],
    ['asn1/integer-out-of-range', (r) => asn1.readUnsignedInteger(r, 'i'), '020180', '02020080'],
    ['asn1/invalid-bit-string', (r) => asn1.readBitString(r, 'b'), '03020880', '03020780'],
    ['asn1/invalid-bit-string', (r) => asn1.readBitString(r, 'b'), '030101', '030100'],
    ['asn1/invalid-oid', (r) => asn1.readOid(r, 'o'), '06032a8180', '06042a818001'],
    ['asn1/invalid-oid', (r) => asn1.readOid(r, 'o'), '06022a80', '06022a7f'],
    ['asn1/invalid-string', string, '1a011f', '1a0120'],
    ['asn1/invalid-string', string, '1a017f', '1a017e'],
    ['asn1/invalid-string', string, '160180', '160200'.concat('7f')],
    ['asn1/invalid-string', string, '1e02dfff', '1e02e000'],
    ['asn1/invalid-string', string, '1e02d800', '1e02d7ff'],
    ['asn1/unexpected-tag', (r) => asn1.readTime(r, 't'), `130d${hex('260101000000Z')}`, `180f${hex('20260101000000Z')}`],
    ...[
      '26010100000Z', '260101000000ZZ', '260101000000X', '260001000000Z', '261301000000Z', '260100000000Z', '260132000000Z', '260431000000Z', '260101006000Z',
      '260101000060Z', ':00101000000Z', '/50101000000Z', '2/0101000000Z', '2:0101000000Z',
    ].map((text): Refusal => ['asn1/invalid-time', (r) => asn1.readTime(r, 't'), `17${hexLength(text)}${hex(text)}`, `170d${hex('991231235959Z')}`]),
    ...['2026010100000Z', '20260101000000ZZ', '21000229000000Z', '2026010100000AZ'].map((text): Refusal =>
      ['asn1/invalid-time', (r) => asn1.readGeneralizedTime(r, 't'), `18${hexLength(text)}${hex(text)}`, `180f${hex('20000229000000Z')}`]),
  ]
}

function hexLength(text: string): string {
  return text.length.toString(16).padStart(2, '0')
}

/** The first row that the layer fails, or undefined: a refusal missing, of another code, or of the sound twin. */
export function firstFailure(asn1: typeof Asn1): string | undefined {
  for (const [code, read, refused, accepted] of refusals(asn1)) {
    const found = codeOf(asn1, read, refused)
    if (found !== code) return `${refused.slice(0, 40)}: ${found}, not ${code}`
    const twin = codeOf(asn1, read, accepted)
    if (twin !== 'accepted') return `${accepted.slice(0, 40)}: ${twin}`
  }
  return undefined
}

function codeOf(asn1: typeof Asn1, read: Read, text: string): string {
  try {
    read(new asn1.DerReader(new Uint8Array(Buffer.from(text, 'hex'))))
    return 'accepted'
  } catch (error) {
    return error instanceof asn1.ParseError && error.expected !== '' && error.offset >= 0 ? error.code : String(error)
  }
}
