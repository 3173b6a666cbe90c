/** Options of TLS that all connections to openGemini share. No setting turns the check of the server's certificate off. */

/** Certificates as PEM text. */
export interface TlsSettings {
  /** Certificates of a private certificate authority. Undefined: the authorities that Node.js trusts. */
  readonly ca: string | undefined;
  /** Certificate chain and key that the client proves its identity with. Undefined: none. */
  readonly clientCertificate: { readonly cert: string; readonly key: string } | undefined;
}

/** Returns the options for `tls.connect`. */
export const tlsOptions = ({ ca, clientCertificate }: TlsSettings): { ca?: string; cert?: string; key?: string } => ({
  ...(ca === undefined ? {} : { ca }),
  ...clientCertificate,
});
