// Mutants of values: what is handed out made the library's own, and what means the same told apart.

/** What is broken, in which file of src/x509, and how. */
export const x509Mutants = [
  ['the octets of an otherName', 'general-name', "{ type: 'otherName', oid, get value() { return bytes.slice() } }", "{ type: 'otherName', oid, value: bytes }"],
  ['the octets of an address', 'general-name', '{ type, get value() { return bytes.slice() } }', '{ type, value: bytes }'],
  ['an authority key identifier', 'extension-values', 'get keyIdentifier() { return keyIdentifier?.slice() }', 'keyIdentifier'],
  ['a subject key identifier', 'certificate', "name === 'subjectKeyIdentifier' && value !== undefined ? (value as Uint8Array).slice() : value", 'value'],
]

/** What is broken, in which file of src/path, and how. */
export const pathMutants = [
  ['the key of an anchor', 'anchor', 'return this.#publicKey.slice()', 'return this.#publicKey'],
  ['the policies of an anchor', 'anchor', 'policies && Object.freeze(policies.map((policy) => policy.policyIdentifier))', 'policies?.map((policy) => policy.policyIdentifier)'],
  ['a look-alike of an anchor', 'anchor', '#publicKey in value', "'publicKey' in value"],
  ['a mailbox in quotes', 'mailbox', "local.startsWith('\"') ? leastQuoted(local) : local", 'local'],
  ['quotes that are needed', 'mailbox', 'isDotString(text) ? text : ', 'true ? text : '],
]

/** What is broken, in which file of src/verify, and how. */
export const verifyMutants = [
  ['the end of a verdict', 'verdict', 'get validUntil() { return new Date(validUntil) },', 'validUntil: new Date(validUntil),'],
  ['the check ahead taken for another', 'core', 'a!.signature === b!.signature && equalBytes(a!.spki, b!.spki)', 'true'],
  ['the check ahead under another key', 'core', ' && equalBytes(a!.spki, b!.spki)', ''],
  ['the check ahead of what is out of date', 'core', ' || dateFindings(leaf, time).length > 0', ''],
  ['the check ahead charged for nothing', 'core', 'charged++\n', ''],
  ['an issuer whose name keeps the certificate', 'memory', 'new Name(name.toDer(), 0, name.byteLength)', 'name'],
  ['an issuer’s first key for good', 'memory', ' && equalBytes(known.key, key)) return', ') return'],
]
