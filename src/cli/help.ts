/** The help texts. */

export const mainHelp: string = `countersign: X.509 certificate paths, verified strictly and explained

Usage
  countersign verify CHAIN... --anchors ROOTS --purpose PURPOSE --name NAME [options]
  countersign verify --connect HOST:PORT [options]
  countersign inspect FILE... [options]
  countersign crl FILE [--serial NUMBER...] [--json]
  countersign ocsp request CERTIFICATE... --issuer FILE --out FILE [options]
  countersign ocsp check RESPONSE CERTIFICATE --issuer FILE [options]
  countersign policy FILE [--json]
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
  --revocation MODE       hard: what cannot be settled is refused; soft: it is a warning; none: revocation is not
                          checked. Default none, and hard with any of the next three
  --crl FILE              a revocation list, complete or delta; may be repeated
  --ocsp FILE             an OCSP response; may be repeated
  --fetch                 ask the distribution points and responders that the certificates name, over http
  --allow NETWORK[:PORT]  with --fetch: ask also addresses of this private network, 10.0.0.0/8 or 127.0.0.1/32:8080;
                          may be repeated
  --connect HOST:PORT     verify what a live TLS server sends. The name defaults to the host, the anchors to
                          "system", the purpose to serverAuth; port 443 where none is given
  --servername NAME       the name to ask the server for (SNI), and to expect

Deciding
  --policy FILE           ask this policy about the accepted certificate; a refusal exits with 1
  --request "GET URL"     the request to decide on: a method, and a URL or a path

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

export const crlHelp: string = `countersign crl: what a certificate revocation list says

Usage
  countersign crl FILE [--serial NUMBER...] [--json]

Prints issuer, number, dates, scope and count. The signature is not checked here: verify does that.

  --serial NUMBER         look for this serial number, hexadecimal; may be repeated
  --json                  the same as JSON

Exit codes: 0 the list was read, 1 a serial number that was asked for is on it, 2 wrong usage or unreadable input.
`

export const ocspHelp: string = `countersign ocsp: requests and responses of the Online Certificate Status Protocol

Usage
  countersign ocsp request CERTIFICATE... --issuer FILE --out FILE [--hash sha1|sha256] [--nonce]
  countersign ocsp check RESPONSE CERTIFICATE --issuer FILE [--at TIME] [--max-age SECONDS] [--json]

request writes a DER OCSPRequest about certificates of one issuer.
check judges a response as verify does: signed by the issuer, or by a responder that it has authorised, and of now.

Exit codes: 0 good (or written), 1 revoked or not settled, 2 wrong usage or unreadable input.
`

export const policyHelp: string = `countersign policy: check a policy document

Usage
  countersign policy FILE [--json]

Says whether the document is well-formed, and reports rules that can never match, rules that others make idle, allow rules
that every certificate meets, and conditions that an absent field turns against the peer. The schema is
countersign/policy.schema.json. To try a policy on a certificate: countersign verify --policy.

  --json                  the findings as JSON

Exit codes: 0 nothing to report, 1 something to report, 2 wrong usage, unreadable or malformed.
`

export const helpOf: Readonly<Record<string, string>> = { verify: verifyHelp, inspect: inspectHelp, crl: crlHelp, ocsp: ocspHelp, policy: policyHelp }
