/** Handlers for the tests of the function pool. Most of them misbehave, each in a different way. */

interface TrialContext {
  getRemainingTimeInMillis(): number;
}

const forever = () => new Promise<never>(() => setInterval(() => {}, 1_000));

let calls = 0;
let ticks = 0;

/** Returns the event. */
export const echo = (event: unknown) => event;

/** Returns the environment variables. */
export const environment = () => process.env;

/** Returns the working directory. */
export const whereAmI = () => process.cwd();

/** Returns the context. */
export const describe = (_event: unknown, context: TrialContext) => ({
  ...context,
  remainingMs: context.getRemainingTimeInMillis(),
  pid: process.pid,
});

/** Returns the number of calls of this process. */
export const countCalls = () => ({ calls: ++calls, pid: process.pid });

/** Responds after a delay. */
export const holdFor = async ({ ms }: { ms: number }) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { pid: process.pid };
};

/** Never responds, but lets timers run. */
export const neverEnd = () => forever();

/** Blocks the event loop. */
export const spinForever = () => {
  for (;;);
};

/** Throws an error. */
export const throwRangeError = () => {
  throw new RangeError('that is too far');
};

/** Throws a value that is not an error. */
export const throwText = () => {
  throw 'plain text';
};

/** Exits with a code. */
export const exitWith = ({ code }: { code: number }) => process.exit(code);

/** Exhausts the memory. */
export const fillMemory = () => {
  const kept: object[] = [];
  for (;;) kept.push(new Array(100_000).fill({}));
};

/** Leaves a rejection unhandled. */
export const leaveRejection = async () => {
  void Promise.reject(new Error('an unhandled rejection'));
  return forever();
};

/** Prints to both streams, and exits. */
export const print = () => {
  console.log('to stdout');
  console.error('to stderr');
  process.stdout.write('no end of line');
  process.exit(0);
};

/** Returns values that JSON represents differently. */
export const oddResponse = () => ({ when: new Date(0), none: undefined, nan: Number.NaN, map: new Map([[1, 2]]) });

/** Returns no response. */
export const noResponse = () => undefined;

/** Returns a value that JSON cannot represent. */
export const circularResponse = () => {
  const response: { self?: object } = {};
  response.self = response;
  return response;
};

/** Returns a response above the limit of Lambda. */
export const hugeResponse = () => 'x'.repeat(7_000_000);

/** Starts a timer on the first call, and returns on every call how often it has fired. */
export const tick = () => {
  if (calls++ === 0) setInterval(() => ticks++, 5);
  return ticks;
};

/** Has the parameter for a callback, which Lambda no longer supports. */
export const withCallback = (_event: unknown, _context: unknown, callback: (error: null) => void) => callback(null);

/** An export that is not a function. */
export const notAFunction = 42;
