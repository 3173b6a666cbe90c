/** The parts of serverless.yml, as a file that the Framework can load. A user's `sink.js` exports the same. */

export * from './serverless.ts';
