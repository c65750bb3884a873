import type { PeerCertificate } from 'node:tls';
import type { Target } from '../connection/target.js';
import { isServerWithoutTls } from '../driver/pg-internals.js';
import type { ConnectionError } from '../errors/explained-error.js';
import { type Diagnosis, errorOf } from './diagnosis.js';

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE)|INVALID_CA)$/;
const CLIENT_CERTIFICATE_REFUSED = /CERTIFICATE_REQUIRED|ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE/;

/**
 * Explains why TLS with a server failed.
 *
 * @returns undefined if the error has nothing to do with TLS
 */
export function explainTlsError(error: unknown, target: Target): ConnectionError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const diagnosis = diagnoseTls(code, error, target);
  return diagnosis && errorOf(diagnosis, target, error);
}

function diagnoseTls(code: string, error: Error, target: Target): Diagnosis | undefined {
  const { mode, rootCertificate } = target.tls;
  if (isServerWithoutTls(error)) {
    return {
      code: 'tls_not_supported',
      problem: `does not support TLS, and sslmode=${mode} requires it`,
      remedy:
        'Set ssl = on in the server. If you trust the network to the server, set sslmode=disable in the URL instead.',
    };
  }
  if (UNTRUSTED.test(code)) {
    const source = rootCertificate === 'system' ? 'of the system' : `in ${rootCertificate}`;
    return {
      code: 'tls_untrusted',
      problem: `presented a certificate that no certificate authority ${source} has signed (${code})`,
      remedy:
        "Set sslrootcert to the file with the certificate of the server's certificate authority. If that file exists, every sslmode that encrypts verifies the server with it.",
    };
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return {
        code: 'tls_wrong_host',
        problem: `presented a certificate for ${namesIn(error)}, not for ${target.host}`,
        remedy:
          'Correct the host in the URL to a name in the certificate, or set sslmode=verify-ca, which verifies only the certificate authority.',
      };
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
    case 'CRL_HAS_EXPIRED':
    case 'CRL_NOT_YET_VALID':
      return {
        code: 'tls_expired',
        problem: `presented a certificate that is not valid at this time (${code})`,
        remedy:
          'Renew the certificate of the server or the revocation list in sslcrl, whichever is out of date. Check the clock of this machine.',
      };
    case 'CERT_REVOKED':
      return {
        code: 'tls_revoked',
        problem: 'presented a certificate that its certificate authority has revoked',
        remedy: 'Give the server a new certificate.',
      };
    default:
      return isTlsFailure(code) ? generalFailure(code, error) : undefined;
  }
}

function isTlsFailure(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$|UNABLE_TO_|CERT_|CRL_)/.test(code);
}

function generalFailure(code: string, error: Error): Diagnosis {
  if (CLIENT_CERTIFICATE_REFUSED.test(code)) {
    return {
      code: 'tls_client_certificate_refused',
      problem: `requires a client certificate, or rejected the one it received (${code})`,
      remedy:
        'Set sslcert and sslkey to a certificate that a certificate authority of the server has signed, and to its private key.',
    };
  }
  return {
    code: 'tls_failed',
    problem: `could not agree on TLS with this program (${reasonOf(error)})`,
    remedy: 'Check the TLS versions that both sides allow (ssl_min_protocol_version), and the certificates.',
  };
}

function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

/** The names in the certificate that came with the error. */
function namesIn(error: Error): string {
  const certificate = 'cert' in error ? (error.cert as Partial<PeerCertificate>) : {};
  return String(certificate.subjectaltname ?? certificate.subject?.CN ?? 'no name');
}
