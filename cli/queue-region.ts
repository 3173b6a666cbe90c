/** Reads the region from the address of a queue, so that users of `send` need not give it a second time. */

/**
 * Matches `sqs.REGION.amazonaws.com`, with its FIPS and VPC forms, and the oldest one, `REGION.queue.amazonaws.com`.
 */
const REGION_IN_HOST = /(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z]+(?:-[a-z]+)+-\d+)\.queue\./;

/** Returns the region in the host name of a queue, or undefined if the name has none of the known forms. */
export const regionOfHost = (hostname: string): string | undefined => {
  const [, region, oldForm] = REGION_IN_HOST.exec(hostname) ?? [];
  return region ?? oldForm;
};
