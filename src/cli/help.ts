/** The help texts. */

export const mainHelp: string = `countersign: X.509 certificate paths, verified strictly and explained

Usage
  countersign verify CHAIN... --anchors ROOTS --purpose PURPOSE --name NAME [options]
  countersign verify --connect HOST:PORT [options]
  countersign inspect FILE... [options]
  countersign help [COMMAND]
  countersign --version

Files are PEM or DER; - is standard input.
Exit codes: 0 accepted, 1 refused, 2 wrong usage or unreadable input.
`

export const verifyHelp: string = `countersign verify: find and validate a path to a trust anchor

Usage
  countersign verify CHAIN... --anchors ROOTS --purpose PURPOSE (--name NAME... | --any-name) [options]
  countersign verify --connect HOST:PORT [--servername NAME] [--anchors ROOTS] [options]

The first certificate of the first CHAIN is the leaf; all others are candidates for the path, in any order.

Whom to trust, and for what
  --anchors FILE          trust anchors; may be repeated. "system" means the roots that Node ships
  --purpose PURPOSE       serverAuth, clientAuth, emailProtection, codeSigning, timeStamping, OCSPSigning, a dotted
                          OID, or any
  --name NAME             a name that the leaf must bear; repeated, one of them is enough. A host name, an IP address,
                          an email address or a URI, told by its form or written dns:, ip:, email:, uri:
  --any-name              do not check the name

How
  --intermediates FILE    more candidates; may be repeated
  --at TIME               the time to verify at, 2026-01-31T12:00:00Z or @seconds; default now
  --profile PROFILE       rfc5280 (default), rfc5280-strict, webpki, spiffe
  --revocation none       revocation is not checked; the only choice for now, and the default
  --connect HOST:PORT     verify what a live TLS server sends. The name defaults to the host, the anchors to
                          "system", the purpose to serverAuth; port 443 where none is given
  --servername NAME       the name to ask the server for (SNI), and to expect

Output
  --explain               the whole story: every path that was tried, and which rule failed on which certificate
  --json                  the verdict as JSON
  --graph FILE            the candidate paths as a picture: FILE.svg, or FILE.mmd for Mermaid

Exit codes: 0 accepted, 1 refused, 2 wrong usage, unreadable input, or no connection.
`

export const inspectHelp: string = `countersign inspect: print what a file holds

Usage
  countersign inspect FILE... [--json] [--asn1]

Prints certificates, certification requests, revocation lists, PKCS#7 bundles and public keys, with all their fields and
extensions. Where the strict reader refuses, it says where and why, and the ASN.1 elements are shown as they are.

  --json                  the same as JSON
  --asn1                  show the ASN.1 elements, whatever the file holds

Exit codes: 0 everything was read, 1 something was refused by the strict reader, 2 wrong usage or unreadable input.
`

export const helpOf: Readonly<Record<string, string>> = { verify: verifyHelp, inspect: inspectHelp }
