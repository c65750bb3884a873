import type { PeerCertificate } from 'node:tls';
import { ConnectionError } from '../errors.js';
import { isServerWithoutTls } from '../pg-internals.js';
import { describeTarget, type Target } from '../target.js';
import type { Sentences } from './sentences.js';

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE)|INVALID_CA)$/;

/**
 * Explains that TLS with a server failed.
 *
 * @returns undefined if the error has nothing to do with TLS
 */
export function explainTlsError(error: unknown, target: Target): ConnectionError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  const sentences = tlsProblem(code, error, target);
  if (sentences === undefined) return undefined;
  const [ownCode, problem, remedy] = sentences;
  return new ConnectionError(ownCode, `${describeTarget(target)} ${problem}.`, { remedy, cause: error });
}

function tlsProblem(code: string, error: Error, target: Target): Sentences | undefined {
  const { mode, rootCertificate } = target.tls;
  if (isServerWithoutTls(error)) {
    return [
      'tls_not_supported',
      `does not do TLS, and sslmode=${mode} asks for it`,
      'Switch it on in the server (ssl = on), or write sslmode=disable if the network between is trusted.',
    ];
  }
  if (UNTRUSTED.test(code)) {
    return [
      'tls_untrusted',
      `shows a certificate that no authority ${rootCertificate === 'system' ? 'of the system' : `in ${rootCertificate}`} has signed (${code})`,
      "Name the file with the certificate of the server's authority in sslrootcert; a file that is there is held against the server in every mode that encrypts.",
    ];
  }
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        'tls_wrong_host',
        `shows a certificate for ${namesOf(error)}, which is not ${target.host}`,
        'Write the host in the URL as the certificate has it, or sslmode=verify-ca, which verifies the authority alone.',
      ];
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
    case 'CRL_HAS_EXPIRED':
    case 'CRL_NOT_YET_VALID':
      return [
        'tls_expired',
        `shows a certificate that is not valid today (${code})`,
        'Renew the certificate (or the list in sslcrl) on whichever side is out of date, and check the clock of this machine.',
      ];
    case 'CERT_REVOKED':
      return [
        'tls_revoked',
        'shows a certificate that its authority has revoked',
        'Give the server a new certificate.',
      ];
    default:
      return isTlsFailure(code) ? generalProblem(code, error) : undefined;
  }
}

function isTlsFailure(code: string): boolean {
  return /^(ERR_SSL_|ERR_TLS_|ERR_OSSL_|EPROTO$|UNABLE_TO_|CERT_|CRL_)/.test(code);
}

function generalProblem(code: string, error: Error): Sentences {
  if (/CERTIFICATE_REQUIRED|ALERT_UNKNOWN_CA|ALERT_BAD_CERTIFICATE/.test(code)) {
    return [
      'tls_client_certificate_refused',
      `does not accept our certificate, or asks for one (${code})`,
      "Name a certificate that the server's authority has signed, and its key, with sslcert and sslkey.",
    ];
  }
  return [
    'tls_failed',
    `and this program found no common TLS (${reasonOf(error)})`,
    'Check the versions of TLS on both sides (ssl_min_protocol_version), and the certificates.',
  ];
}

function reasonOf(error: Error): string {
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}

/** Whom the certificate is for that came with the error. */
function namesOf(error: Error): string {
  const certificate = 'cert' in error ? (error.cert as Partial<PeerCertificate>) : {};
  return String(certificate.subjectaltname ?? certificate.subject?.CN ?? 'somebody unnamed');
}
