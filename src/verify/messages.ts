/** One sentence a code, for people. The codes are the stable interface; these texts are not. */

const messages: Readonly<Record<string, string>> = {
  'budget/deadline': 'The time allowed ran out.',
  'budget/bytes': 'The certificates are larger than is allowed.',
  'budget/candidates': 'There are more intermediate certificates than is allowed.',
  'budget/name-constraints': 'Names and name constraints make for more comparisons than is allowed.',
  'budget/policy-nodes': 'Policies and their mappings are more than is allowed.',
  'budget/signatures': 'There are more signatures to check than is allowed.',
  'budget/search-steps': 'The search for a path took more steps than is allowed.',
  'budget/path-certificates': 'The path holds more certificates than is allowed.',

  'path/no-anchor': 'No path leads to a trust anchor.',
  'path/leaf-is-anchor': 'The leaf is itself a trust anchor.',

  'x509/duplicate-extension': 'An extension stands twice.',
  'x509/algorithm-mismatch': 'The signed signature algorithm is not the one outside.',
  'x509/version-mismatch': 'A field is not of the certificate’s version.',
  'webpki/version': 'The version is not 3.',
  'x509/empty-issuer': 'The issuer is empty.',
  'x509/empty-subject': 'The subject is empty.',
  'path/precertificate': 'This is a precertificate, not a certificate.',
  'path/unknown-critical-extension': 'A critical extension is unknown here.',

  'x509/serial-number': 'The serial number is not a positive integer of at most 20 octets.',
  'x509/time-encoding': 'A date is not in the form that its year asks for.',
  'x509/validity-order': 'The validity ends before it begins.',
  'x509/authority-key-identifier-critical': 'The authority key identifier is critical.',
  'x509/authority-key-identifier-missing': 'The authority key identifier is missing.',
  'x509/cross-signed-anchor-without-key-identifier': 'The authority key identifier of a cross-signed anchor is missing.',
  'x509/authority-key-identifier-incomplete': 'The authority key identifier lacks a part.',
  'x509/subject-key-identifier-critical': 'The subject key identifier is critical.',
  'x509/subject-key-identifier-missing': 'The subject key identifier of a CA is missing.',
  'x509/empty-key-usage': 'The key usage allows nothing.',
  'x509/duplicate-policy': 'A policy is listed twice.',
  'x509/key-cert-sign-without-ca': 'The key may sign certificates, but the certificate is not a CA’s.',
  'x509/path-length-without-ca': 'A path length is limited, but the certificate is not a CA’s.',
  'x509/basic-constraints-not-critical': 'The basic constraints of a CA are not critical.',
  'x509/name-constraints-not-critical': 'The name constraints are not critical.',
  'x509/name-constraints-in-leaf': 'Name constraints stand in a certificate that is not a CA’s.',
  'x509/name-constraints-empty': 'The name constraints are empty.',
  'x509/policy-constraints-not-critical': 'The policy constraints are not critical.',
  'x509/policy-constraints-empty': 'The policy constraints are empty.',
  'x509/inhibit-any-policy-not-critical': 'The inhibit-anyPolicy extension is not critical.',
  'x509/subject-alt-name-not-critical': 'The subject is empty, but the subject alternative names are not critical.',
  'x509/subject-alt-name-malformed': 'A subject alternative name is malformed.',

  'webpki/root-authority-key-identifier': 'The root’s authority key identifier is not as required.',
  'webpki/root-extended-key-usage': 'The root has an extended key usage.',
  'webpki/subject-alt-name-missing': 'The subject alternative names are missing.',
  'webpki/subject-alt-name-critical': 'The subject is not empty, but the subject alternative names are critical.',
  'webpki/public-suffix-wildcard': 'A wildcard stands for everything under a public suffix.',
  'webpki/common-name': 'The common name is not among the subject alternative names.',
  'webpki/extended-key-usage-missing': 'The extended key usage is missing.',
  'webpki/extended-key-usage-any': 'The extended key usage allows any purpose.',
  'webpki/extended-key-usage-critical': 'The extended key usage is critical.',
  'webpki/leaf-is-ca': 'The leaf is a CA certificate.',
  'webpki/leaf-key-usage': 'The leaf’s key usage allows to sign certificates or CRLs.',
  'webpki/leaf-key-algorithm': 'The leaf’s key is of a type that is not allowed.',
  'webpki/rsa-modulus-length': 'The length of the RSA modulus is not a multiple of 8 bits.',

  'spiffe/uri-count': 'The leaf does not hold exactly one URI.',
  'spiffe/id-malformed': 'The URI is not a SPIFFE ID of a workload.',
  'spiffe/leaf-is-ca': 'The leaf is a CA certificate.',
  'spiffe/leaf-key-usage': 'The leaf’s key usage is not to sign data, or is to sign certificates or CRLs.',

  'crypto/malformed-key': 'The public key is malformed.',
  'crypto/explicit-curve': 'The key’s curve is given by parameters, not by name.',
  'crypto/key-too-large': 'The public key is larger than is allowed.',
  'crypto/weak-key': 'The public key is too weak.',
  'crypto/malformed-algorithm': 'The signature algorithm is malformed.',
  'crypto/unsupported-algorithm': 'The algorithm of a key or signature is not enabled.',
  'crypto/key-mismatch': 'The issuer’s key is not of the signature’s type.',
  'crypto/invalid-signature': 'The signature was not made with the issuer’s key over this certificate.',

  'revocation/revoked': 'The certificate was revoked.',
  'revocation/undetermined': 'Nothing settles whether the certificate was revoked.',
  'revocation/must-staple': 'The certificate asks for a stapled OCSP response, and none was good.',
  'revocation/crl-number': 'The number of a revocation list is missing, or critical.',

  'path/name-chaining': 'The issuer is not the subject of the certificate above.',
  'path/not-a-ca': 'The issuer’s certificate is not a CA’s.',
  'path/key-cert-sign-missing': 'The issuer’s key may not sign certificates.',
  'path/path-length-exceeded': 'There are more CA certificates below this one than it allows.',
  'path/name-constraint-malformed': 'A name constraint is malformed.',
  'path/name-constraint-unsupported': 'A name constraint is of a form that is not supported.',
  'path/name-malformed': 'A name under name constraints is malformed.',
  'path/name-excluded': 'A name is excluded by a CA above.',
  'path/name-not-permitted': 'A name is not permitted by a CA above.',
  'path/policy-mapping-any': 'A policy mapping involves anyPolicy.',
  'path/explicit-policy-required': 'The path is valid for none of the required policies.',
  'path/extended-key-usage': 'The certificate may not be used for this purpose.',
  'path/extended-key-usage-not-nested': 'A CA above may not issue certificates for this purpose.',
  'path/key-usage': 'The key usage does not allow what is required.',
  'path/not-yet-valid': 'The certificate is not valid yet.',
  'path/expired': 'The certificate has expired.',
  'path/name-mismatch': 'The certificate does not name the expected peer.',
  'path/issuer-not-fetched': 'The address of a missing issuer gave no certificate.',
  'path/candidate-unusable': 'An intermediate certificate is malformed, and was left out.',

  'asn1/truncated': 'The bytes end too early.',
  'asn1/trailing-data': 'Bytes follow after the end.',
  'asn1/indefinite-length': 'A length is indefinite.',
  'asn1/non-minimal-length': 'A length is not in its shortest form.',
  'asn1/high-tag-number': 'A tag is longer than one byte.',
  'asn1/unexpected-tag': 'An element is not of the expected type.',
  'asn1/missing-element': 'An element is missing.',
  'asn1/invalid-boolean': 'A BOOLEAN is malformed.',
  'asn1/invalid-integer': 'An INTEGER is not in its shortest form.',
  'asn1/integer-out-of-range': 'An INTEGER is out of range.',
  'asn1/invalid-null': 'A NULL is not empty.',
  'asn1/invalid-oid': 'An OBJECT IDENTIFIER is malformed.',
  'asn1/oid-too-long': 'An OBJECT IDENTIFIER is longer than any real one.',
  'asn1/invalid-bit-string': 'A BIT STRING is malformed.',
  'asn1/invalid-string': 'A text holds characters that are not of its type.',
  'asn1/invalid-time': 'A time is malformed.',
  'asn1/unsorted-set': 'A SET is not in order.',
  'asn1/encoded-default': 'A default value is encoded.',
  'asn1/empty-sequence': 'A SEQUENCE is empty.',
  'asn1/too-deep': 'Elements are nested deeper than is allowed.',
  'asn1/too-large': 'The structure is larger than is allowed.',
  'x509/unsupported-version': 'The version is unknown.',
  'x509/malformed-extension': 'An extension is malformed.',
  'x509/malformed-key': 'The public key is malformed.',
  'x509/malformed-algorithm': 'The signature algorithm is malformed.',
  'x509/malformed-pem': 'The PEM text is malformed.',
  'x509/empty-pem': 'The PEM text is empty.',
  'x509/wrong-pem-label': 'The PEM block is of another kind.',
  'x509/unsupported-content': 'The content is of a kind that holds no certificates.',
}

/** The codes that have a sentence of their own. */
export const messageCodes: readonly string[] = Object.freeze(Object.keys(messages))

/** The sentence for a code; a general one for a code that this version does not know. */
export function messageFor(code: string): string {
  const known = Object.hasOwn(messages, code) ? messages[code] : undefined
  if (known !== undefined) return known
  switch (code.split('/')[0]) {
    case 'asn1': return 'The DER is malformed.'
    case 'x509': return 'The structure is malformed.'
    case 'budget': return 'The verification took more than is allowed.'
    case 'crypto': return 'A key or signature is not allowed.'
    default: return 'A rule of path validation is broken.'
  }
}
