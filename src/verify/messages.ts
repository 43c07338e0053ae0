/** One sentence a code, for people. The codes are the stable interface; these texts are not. */

const messages: Readonly<Record<string, string>> = {
  'budget/deadline': 'The time allowed for the verification ran out before it was decided.',
  'budget/bytes': 'The certificates together are larger than this verification may read.',
  'budget/candidates': 'More intermediate certificates were sent than this verification may look at.',
  'budget/name-constraints': 'Comparing the names with the name constraints took more work than is allowed.',
  'budget/policy-nodes': 'The certificate policies and their mappings grew beyond what is allowed.',
  'budget/signatures': 'More signatures would have to be checked than is allowed.',
  'budget/search-steps': 'The search for a path to a trust anchor took more steps than is allowed.',
  'budget/path-certificates': 'The path holds more certificates than is allowed.',

  'path/no-anchor': 'No path leads from the certificate to any of the trust anchors.',
  'path/leaf-is-anchor': 'The certificate is itself a trust anchor, which was not allowed to stand as a leaf.',

  'x509/duplicate-extension': 'The certificate holds the same extension twice.',
  'x509/algorithm-mismatch': 'The signature algorithm inside the signed part differs from the one outside of it.',
  'x509/version-mismatch': 'The certificate uses fields that its version does not have.',
  'webpki/version': 'The certificate is not of version 3.',
  'x509/empty-issuer': 'The certificate does not say who issued it.',
  'x509/empty-subject': 'The certificate has no subject, where one is required.',
  'path/precertificate': 'This is a precertificate for transparency logs, not a certificate.',
  'path/unknown-critical-extension': 'The certificate holds a critical extension that is not understood here.',

  'x509/serial-number': 'The serial number is not a positive integer of at most 20 octets.',
  'x509/time-encoding': 'A date is written in the form that its year does not allow.',
  'x509/validity-order': 'The certificate’s validity ends before it begins.',
  'x509/authority-key-identifier-critical': 'The authority key identifier is marked critical, which it must not be.',
  'x509/authority-key-identifier-missing': 'The certificate does not identify the key that signed it.',
  'x509/cross-signed-anchor-without-key-identifier': 'A cross-signed trust anchor does not identify the key that signed it.',
  'x509/authority-key-identifier-incomplete': 'The authority key identifier lacks a part that it needs.',
  'x509/subject-key-identifier-critical': 'The subject key identifier is marked critical, which it must not be.',
  'x509/subject-key-identifier-missing': 'The CA certificate does not identify its own key.',
  'x509/empty-key-usage': 'The key usage extension allows nothing.',
  'x509/duplicate-policy': 'The same policy is listed twice.',
  'x509/key-cert-sign-without-ca': 'The key may sign certificates, but the certificate is no CA certificate.',
  'x509/path-length-without-ca': 'A path length is limited in a certificate that is no CA certificate.',
  'x509/basic-constraints-not-critical': 'The basic constraints of a CA certificate are not marked critical.',
  'x509/name-constraints-not-critical': 'The name constraints are not marked critical.',
  'x509/name-constraints-in-leaf': 'Name constraints stand in a certificate that is no CA certificate.',
  'x509/name-constraints-empty': 'The name constraints neither permit nor exclude anything.',
  'x509/policy-constraints-not-critical': 'The policy constraints are not marked critical.',
  'x509/policy-constraints-empty': 'The policy constraints say nothing.',
  'x509/inhibit-any-policy-not-critical': 'The inhibit-anyPolicy extension is not marked critical.',
  'x509/subject-alt-name-not-critical': 'The subject is empty, and the subject alternative names are not marked critical.',
  'x509/subject-alt-name-malformed': 'A subject alternative name is not of the form that its type asks for.',

  'webpki/root-authority-key-identifier': 'The root certificate’s authority key identifier is not as required.',
  'webpki/root-extended-key-usage': 'The root certificate limits its extended key usage, which it must not.',
  'webpki/subject-alt-name-missing': 'The certificate has no subject alternative names.',
  'webpki/subject-alt-name-critical': 'The subject alternative names are marked critical although there is a subject.',
  'webpki/public-suffix-wildcard': 'A wildcard stands for everything under a public suffix.',
  'webpki/common-name': 'The common name does not repeat one of the subject alternative names.',
  'webpki/extended-key-usage-missing': 'The certificate has no extended key usage.',
  'webpki/extended-key-usage-any': 'The extended key usage allows any purpose.',
  'webpki/extended-key-usage-critical': 'The extended key usage is marked critical.',
  'webpki/leaf-is-ca': 'A CA certificate is used as a server’s own.',
  'webpki/leaf-key-usage': 'The key usage of the leaf allows what it must not.',
  'webpki/leaf-key-algorithm': 'The leaf’s key is of a type that is not admitted.',
  'webpki/rsa-modulus-length': 'The length of the RSA modulus is not a multiple of 8 bits.',

  'spiffe/uri-count': 'The certificate does not hold exactly one URI, as a SPIFFE identity must.',
  'spiffe/id-malformed': 'The URI is no well-formed SPIFFE ID.',
  'spiffe/leaf-is-ca': 'A CA certificate is used as a workload’s own.',
  'spiffe/leaf-key-usage': 'The key usage of the leaf is not that of a workload’s certificate.',

  'crypto/malformed-key': 'The public key is malformed.',
  'crypto/explicit-curve': 'The key describes its elliptic curve by parameters, and not by name.',
  'crypto/key-too-large': 'The public key is larger than is allowed.',
  'crypto/weak-key': 'The public key is too weak.',
  'crypto/malformed-algorithm': 'The signature algorithm’s parameters are malformed.',
  'crypto/unsupported-algorithm': 'The algorithm of a key or signature is not among those that are enabled.',
  'crypto/key-mismatch': 'The issuer’s key is not of the type that the signature needs.',
  'crypto/invalid-signature': 'The signature was not made with the issuer’s key over this certificate.',

  'path/name-chaining': 'The certificate names another issuer than the one above it.',
  'path/not-a-ca': 'The issuer’s certificate is no CA certificate.',
  'path/key-cert-sign-missing': 'The issuer’s key may not sign certificates.',
  'path/path-length-exceeded': 'There are more CA certificates below this one than it allows.',
  'path/name-constraint-malformed': 'A name constraint is malformed, so that it cannot be kept.',
  'path/name-constraint-unsupported': 'A name constraint is of a form that cannot be checked here, so that it cannot be kept.',
  'path/name-malformed': 'A name is malformed, so that it cannot be compared with the name constraints.',
  'path/name-excluded': 'The certificate bears a name that a CA above it excludes.',
  'path/name-not-permitted': 'The certificate bears a name outside of those that a CA above it permits.',
  'path/policy-mapping-any': 'A policy mapping involves anyPolicy, which is forbidden.',
  'path/explicit-policy-required': 'The path is valid for none of the policies that are required.',
  'path/extended-key-usage': 'The certificate may not be used for this purpose.',
  'path/extended-key-usage-not-nested': 'A CA on the path may not issue certificates for this purpose.',
  'path/key-usage': 'The key usage does not allow what the purpose needs.',
  'path/not-yet-valid': 'The certificate is not valid yet.',
  'path/expired': 'The certificate has expired.',
  'path/name-mismatch': 'The certificate does not name the expected peer.',
  'path/candidate-unusable': 'A candidate certificate could not be read, and was left out.',

  'asn1/truncated': 'The bytes end before the structure does.',
  'asn1/trailing-data': 'Bytes follow where the structure has ended.',
  'asn1/indefinite-length': 'An indefinite length is used, which DER forbids.',
  'asn1/non-minimal-length': 'A length is not written in its shortest form.',
  'asn1/high-tag-number': 'A tag of more than one byte stands where none can.',
  'asn1/unexpected-tag': 'An element of another type stands where the structure wants its own.',
  'asn1/missing-element': 'An element of the structure is missing.',
  'asn1/invalid-boolean': 'A boolean is written in a form that DER forbids.',
  'asn1/invalid-integer': 'An integer is not written in its shortest form.',
  'asn1/integer-out-of-range': 'An integer lies outside of the range that its field has.',
  'asn1/invalid-null': 'A NULL has content.',
  'asn1/invalid-oid': 'An object identifier is malformed.',
  'asn1/oid-too-long': 'An object identifier is longer than any real one.',
  'asn1/invalid-bit-string': 'A bit string is malformed.',
  'asn1/invalid-string': 'A text holds characters that its type does not have.',
  'asn1/invalid-time': 'A time is malformed, or does not exist.',
  'asn1/unsorted-set': 'The elements of a set are not in the order that DER asks for.',
  'asn1/encoded-default': 'A default value is written out, which DER forbids.',
  'asn1/empty-sequence': 'A list is empty that must not be.',
  'asn1/too-deep': 'Elements are nested deeper than is allowed.',
  'asn1/too-large': 'The structure is larger than is allowed.',
  'x509/unsupported-version': 'The structure is of an unknown version.',
  'x509/malformed-extension': 'An extension is malformed.',
  'x509/malformed-key': 'The public key is malformed.',
  'x509/malformed-algorithm': 'An algorithm identifier is malformed.',
  'x509/malformed-pem': 'The PEM text is malformed.',
  'x509/empty-pem': 'The PEM text holds no block.',
  'x509/wrong-pem-label': 'The PEM block is of another kind.',
  'x509/unsupported-content': 'The bundle is of a kind that holds no certificates.',
}

/** The codes that have a sentence of their own. */
export const messageCodes: readonly string[] = Object.freeze(Object.keys(messages))

/** The sentence for a code; a general one for a code that this version does not know. */
export function messageFor(code: string): string {
  const known = Object.hasOwn(messages, code) ? messages[code] : undefined
  if (known !== undefined) return known
  switch (code.split('/')[0]) {
    case 'asn1': return 'The bytes are not the DER that the structure asks for.'
    case 'x509': return 'The structure breaks a rule of its format.'
    case 'budget': return 'The verification was stopped because it used up the work that it was allowed.'
    case 'crypto': return 'A key or signature was not acceptable.'
    default: return 'A rule of certificate path validation failed.'
  }
}
