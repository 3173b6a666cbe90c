/** Decides whether credentials would cross a public network in readable form. Names are not resolved. */

import { BlockList, isIPv6 } from 'node:net';

/** Loopback, private (RFC 1918, RFC 4193), and link-local addresses. An IPv4 address in an IPv6 address counts as IPv4. */
const PRIVATE = new BlockList();
for (const [address, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  PRIVATE.addSubnet(address, prefix, 'ipv4');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Names that no public network knows (RFC 6761, RFC 6762, and the top-level domain that is reserved for private use). */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal)\.?$/;

/**
 * Whether the host of a valid URL is on this machine or in a private network, as far as the URL shows. Other names are
 * not private, because only a lookup inside their network could prove it.
 */
export const isPrivate = (url: string): boolean => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return PRIVATE_NAME.test(host) || PRIVATE.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
};

/** The part of the configuration that decides. */
export interface Access {
  readonly urls: readonly string[];
  readonly credentials: object | undefined;
  readonly secretArn: string | undefined;
}

/** Returns the hosts that would receive credentials over a public network without TLS. */
export const exposedHosts = ({ urls, credentials, secretArn }: Access): readonly string[] =>
  credentials === undefined && secretArn === undefined
    ? []
    : urls.filter((url) => new URL(url).protocol === 'http:' && !isPrivate(url)).map((url) => new URL(url).host);

/** Returns the warning about exposed hosts for the command line, or none. */
export const exposureWarnings = (access: Access): readonly string[] => {
  const hosts = exposedHosts(access);
  if (hosts.length === 0) return [];
  return [
    `The password crosses the network in readable form to ${hosts.join(', ')}, because the address begins with http. Use https, or a private network that you trust.`,
  ];
};
