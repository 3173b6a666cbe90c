/** The parts of serverless.yml. The Framework loads files of this folder only, so the export is repeated here. */

export * from 'opengemini-sqs-sink/serverless';
