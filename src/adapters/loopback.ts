/** Addresses of the machine that the sink itself runs on. */

/** Loopback names, as `URL` writes them: it turns every form of an IPv4 address into four decimal numbers. */
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Whether the host of a valid URL is `localhost`, an address in 127.0.0.0/8, or `::1`. Names are not resolved.
 */
export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);
