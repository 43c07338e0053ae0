/**
 * Known-good signatures over the octets of `countersign`, by throw-away keys whose private halves were never kept.
 * Base64. Made by scripts/make-key-vectors.ts.
 */
interface EcVector {
  readonly key: string
  readonly sha1: string
  readonly sha256: string
  readonly sha384: string
  readonly sha512: string
}
interface EdwardsVector {
  readonly key: string
  readonly signature: string
}

export const probeMessage = 'countersign'

export const probeVectors: {
  readonly p256: EcVector
  readonly p384: EcVector
  readonly p521: EcVector
  readonly ed25519: EdwardsVector
  readonly ed448: EdwardsVector
  /** R has a small-order component: good only under eight (four) times the equation of RFC 8032. */
  readonly ed25519MixedOrder: EdwardsVector
  readonly ed448MixedOrder: EdwardsVector
} = {
  p256: {
    key: 'BD9lhTutM5T4qrhLV2juEu8FD/6sL1Y0/3KI3sieOukYzP2owl/PIvsLfG3lTYSxlE+6WIQ0t+ZifXQCts/5aZE=',
    sha1: 'v87dki3SymPikfLF9HIBcNizs+P23znW0XzlaSrMk1Yt1siyb4nmyf6veEQZUcR0sTBRWX+CYIteKPzCWUtDAA==',
    sha256: 'YlTln7NPgEUPZJAvlUK/zTE+0oRyLoLDjRD/Z48p3R2JBxLw6s1dk6bU4R8iXfk6lSusbG9BF3lKXfznoRLOzQ==',
    sha384: 'Lml1AdVRWpgBA7GgRMkXFxAGuPMZl9UEN6TfXYFWBep4DwsKhL0NuIlQwIzaKZMWtU9bKRpq1c5TTt3DgXMf6Q==',
    sha512: 'YCjT0+a4FxlbtKfhV9UB0WZQaIw+I5VDtvYSkKHVnuNt7tYyiqPGPXZVPD+rzSzYpD+Dy3T3/3r3Plj/1JlKrQ==',
  },
  p384: {
    key: 'BKclqLoU7PeOhCStJYy5l8+gGGELS/a6Fp/+EUdLyJQpxGuQL7T79X+FBNaA0KBYgkQpUNbf+qEPsWcgiFCIgbr8lh9ZkVmF6IntRyeH/QR49g1E2GgH6BDWDVA6v6Odpg==',
    sha1: 'SL6VCSBFQGAksB0H05Y4S18rl4We+RUtViJtkmYTdI6x3DrBBOwAs7hZEdJDrURyV/NU0daBpGnZI8jEdVsvbuU55/qxdMEzylQ2WS7qJZN2WsAGD0JEdBEup9lHkq4I',
    sha256: '7LuSuatSTBzfYXom50XLEpYTeVNuu0vXqc2Hk0m+MXE7I5w/S5bfEFjkbDimZhMouim+Evp1FK8JrycusUrXWSvwYXFF/LNKljEGtfq40MO3s5zySReGwGmNJY6U/s79',
    sha384: 'VdCL47CX4EAuXAGP+DGKdIEjtObHxoE1C5jB+3jqr683oIdUN86J/jAiSmIX+f/NHD5UW+E0zI1N7Wu27EafYylqRuMSrNNkQQpPPToymUZEvEF0w2W8dWx9+ZPsgZSx',
    sha512: 'SkY6rZCvRmen1+9wA1AA9ojitLP60yyLyAEunAb6FbvH5zlP6Wog/EapthAh/C1evXu0sgBA/65daUv0B1vwh+/vPBeH8r5O3OY8cSyLM4RXo0/OYX4fxuruLFkdO+QU',
  },
  p521: {
    key: 'BAFDI2xL9rI3d+TXACq5fQ7ZMfOWB90C4VQdkJpeaoM3xo3L4i23reA9UIePtd6bNG7yrkfRiEGCu5w0k2KrqUeuHgG8VaIDrDgO9BiMbuUFXPrMXvzRtFvfpGvKPVeXDO0fP7mZfCM+v7uuABjG3AXHauX6NnPsyHE8m5TPv+AlfG86jA==',
    sha1: 'AcQjfrhwVFWJ02kjjrw2vBc84BUlDpM78QM02Qj7vkUmzDjDILbrVYCctL7csp5tC0jRs02iSU/Hoq3iptay9mOxAfM1+fRB4bh4mtgGxDGSrtNPEjqqkwJ8Y6lkFiWx2yHbUf+H4vs3oqyIM3fT/ViK5dhMG3E10hcY+uK0cMvttQ8o',
    sha256: 'ADE4sTACeYP2cUeyHQboBLQJ9WcbbWuZWrWl9fh6f6kt17XxG6Gn/x95vPojuu1KDkdx15zgG5x+xKrRv7/eSMesAYbqBPzrsRzhJQZFTdwqaMoz4Kte5m3w8R5i/3dUKU1hP7gxd68iFxdRjk35JWVf/1s7jH59/+x0FGHpog/xj7bN',
    sha384: 'AX1elnmYJHX0CdHxvm5KiQifnXcYAWrWoJ8FRAIjXSJLUd6UFGFI5fP6fcNjk/D5+yuXVBTsnlSNY4X0zZDeliOJAKsYLGS24/HsK1eFj7j5H7QbVyJz71bgUvL9OIHB8/3kV4PwsKUXjLfPPbXwNuJquaeNcBd2B/HtAp8cfYXgAXX+',
    sha512: 'AAaHzprxzkbgbHY9BN9+DF+Gb4qIwRVwAyUBcTYlWmV+7gyLpEbIAGshzyO3chwA0M5WRV+yDiQ+OxNXcMGq0C8fARGjHsXKMKTctbMfeFk6kM2eNXWEha1iBx4LdXYsTgpf/US94/rcSbaxu7vtMa1wXMrHuH+YBnm5Z84y1SRT6ibC',
  },
  ed25519: {
    key: 'XaapTu+2oJVr7xOl08w9FzIgXDIROTF6zwSG+1Cdl4M=',
    signature: 'R12EusHkYKO+U9qw37PRYCFkNctg1nEWckP9hoDNIFojmk9s5hRg+4LmDz3h0NFdOOmQSxevgyY6uOFqQfDvBA==',
  },
  ed448: {
    key: 'H8CDf4OLUrAz0IaJNvsycoUwm/tHthLZLTd1YoAyjgYHbrULg18r0r45xQ4oU15FU55IhnHwvfSA',
    signature: 'fw0Pep/V5CWnq8GsI8R4V6YciJXmdSsQwWKyCusIrkoEIHQd2/CYBWXh7xmhQK0C9K/4uxyS6umAWPOs6oPTDSp/exUeVskL+uWdDNLELqsISGm22N8dtEoteUZCSn9nadTaKYbt8QOT2Lxu4H4GPiMA',
  },
  ed25519MixedOrder: {
    key: 'niCIKxeTt8YWRwjIU6PqgX6pvTDKwg8o3B2z5U5suXM=',
    signature: '69kal8xMmrirziY+zbmXwx8hypR0xlhwdpPOl+iiJOXxWoTp8qNO47+D2GqFZB8srHCzQSl4+pR0h3KaSNNLCg==',
  },
  ed448MixedOrder: {
    key: 'NcqojMDLeWyz3QbnpdNBS21OlzzXQTihQW1n5M/vJR+ytgo9kweEvM4U9BbItdLZgRT6iG6u9UwA',
    signature: 'vRsQd53R+0HYy6OM1jKs3wo7FR+sfMIcCVGLa3LFqsH892DAVpGgWNQ758jdknDuCXb8fLzAywoAZwNEesHS6SC2tr1VhtCHO8ZUViVatTXUncm93irl3fyFUxJV88w7hdw6FBoncSp0PEOSy4pgyzAA',
  },
}
