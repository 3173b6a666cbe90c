/** Handlers for the tests of the function pool. Most of them misbehave, each in a different way. */

interface TrialContext {
  getRemainingTimeInMillis(): number;
}

const forever = () => new Promise<never>(() => setInterval(() => {}, 1_000));

let calls = 0;
let ticks = 0;

export const echo = (event: unknown) => event;

export const environment = () => process.env;

export const whereAmI = () => process.cwd();

export const describe = (_event: unknown, context: TrialContext) => ({
  ...context,
  remainingMs: context.getRemainingTimeInMillis(),
  pid: process.pid,
});

export const countCalls = () => ({ calls: ++calls, pid: process.pid });

export const holdFor = async ({ ms }: { ms: number }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { pid: process.pid };
};

export const neverEnd = () => forever();

export const spinForever = () => {
  for (;;);
};

export const throwRangeError = () => {
  throw new RangeError('that is too far');
};

export const throwText = () => {
  throw 'plain text';
};

export const exitWith = ({ code }: { code: number }) => process.exit(code);

export const fillMemory = () => {
  const kept: object[] = [];
  for (;;) kept.push(new Array(100_000).fill({}));
};

export const leaveRejection = async () => {
  void Promise.reject(new Error('an unhandled rejection'));
  return forever();
};

export const print = () => {
  console.log('to stdout');
  console.error('to stderr');
  process.stdout.write('no end of line');
  process.exit(0);
};

export const oddResponse = () => ({ when: new Date(0), none: undefined, nan: Number.NaN, map: new Map([[1, 2]]) });

export const noResponse = () => undefined;

export const circularResponse = () => {
  const response: { self?: object } = {};
  response.self = response;
  return response;
};

export const hugeResponse = () => 'x'.repeat(7_000_000);

/** Starts a timer on the first call, and returns on every call how often it has fired. */
export const tick = () => {
  if (calls++ === 0) setInterval(() => ticks++, 5);
  return ticks;
};

export const withCallback = (_event: unknown, _context: unknown, callback: (error: null) => void) => callback(null);

export const notAFunction = 42;
