/** The region that the address of a queue names: who has the address should not have to say it again. */

/** `sqs.REGION.amazonaws.com`, with its FIPS and VPC forms, and the oldest one, `REGION.queue.amazonaws.com`. */
const REGION_IN_HOST = /(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z]+(?:-[a-z]+)+-\d+)\.queue\./;

export const regionOfHost = (hostname: string): string | undefined => {
  const [, region, oldForm] = REGION_IN_HOST.exec(hostname) ?? [];
  return region ?? oldForm;
};
