/** The only place that contains prices. Each region is complete, and none is guessed. */

import { UsageError } from '../usage-error.ts';

/** List prices of one region, in US dollars. */
export interface Prices {
  /** Date of the price list, as YYYY-MM-DD. */
  readonly asOf: string;
  readonly lambdaMillionRequests: number;
  /** One GB-second on arm64. */
  readonly lambdaGbSecond: number;
  /** Requests of at most 64 KiB each. */
  readonly sqsMillionRequests: number;
  readonly sqsFifoMillionRequests: number;
  readonly dynamodbMillionWrites: number;
  readonly dynamodbMillionReads: number;
  /** Ingested logs. Their storage is not included. */
  readonly logsGb: number;
  /** One custom metric for a month. */
  readonly metricMonth: number;
  readonly alarmMonth: number;
}

/**
 * Prices by region. Source: AWS price list of 2026-09-19 (Lambda, SQS, DynamoDB on demand, CloudWatch Logs, and CloudWatch
 * without the free tier). A region is added with all prices of one list.
 */
const PRICES: Readonly<Record<string, Prices>> = {
  'us-east-1': {
    asOf: '2026-09-19',
    lambdaMillionRequests: 0.2,
    lambdaGbSecond: 0.0000133334,
    sqsMillionRequests: 0.4,
    sqsFifoMillionRequests: 0.5,
    dynamodbMillionWrites: 0.625,
    dynamodbMillionReads: 0.125,
    logsGb: 0.5,
    metricMonth: 0.3,
    alarmMonth: 0.1,
  },
};

/** Region unless another is given. */
export const REGION_DEFAULT = 'us-east-1';

/** Returns the prices of a region. Throws a `UsageError` if the table does not contain it. */
export const pricesOf = (region: string): Prices => {
  const prices = PRICES[region];
  if (prices !== undefined) return prices;
  throw new UsageError(
    `The table of prices contains ${Object.keys(PRICES).join(', ')}, not ${region}. Write the prices of ${region} to a file and use --prices FILE. The file has the form of the member "prices" in the output of "cost --events-per-second 1 --json".`,
  );
};

const MEMBERS = Object.keys(PRICES[REGION_DEFAULT] as Prices) as readonly (keyof Prices)[];

/**
 * Returns the prices of a file. Throws a `UsageError` that lists every missing, unknown, or invalid member.
 *
 * @param file - Name for the message.
 */
export const parsePrices = (json: string, file: string): Prices => {
  const found = parseObject(json, file);
  const faults = [
    ...MEMBERS.filter((name) => !isValid(name, found[name])).map((name) => faultOf(name, found[name])),
    ...Object.keys(found)
      .filter((name) => !MEMBERS.includes(name as keyof Prices))
      .map((name) => `"${name}" is not a known price.`),
  ];
  if (faults.length > 0) throw new UsageError(`The prices in ${file} have faults:\n${faults.join('\n')}`);
  return found as unknown as Prices;
};

const parseObject = (json: string, file: string): Readonly<Record<string, unknown>> => {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`${file} is not valid JSON: ${(error as Error).message}`);
  }
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Record<string, unknown>;
  throw new UsageError(`${file} must contain a JSON object with prices.`);
};

const isValid = (name: keyof Prices, value: unknown): boolean =>
  name === 'asOf'
    ? typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
    : typeof value === 'number' && value >= 0;

const faultOf = (name: keyof Prices, value: unknown): string => {
  const wanted = name === 'asOf' ? 'a date as YYYY-MM-DD' : 'a number of US dollars';
  return `"${name}" must be ${wanted}, ${value === undefined ? 'and is missing' : `got ${JSON.stringify(value)}`}.`;
};
