/**
 * Plugin of TypeDoc for the site: names each module as programs import it. TypeDoc derives the names from the source files,
 * which are internal.
 */

import { Converter } from 'typedoc';

const IMPORTS = {
  src: 'opengemini-sqs-sink',
  'src/testing': 'opengemini-sqs-sink/testing',
  'infra/serverless': 'opengemini-sqs-sink/serverless',
};

/** Called by TypeDoc. */
export const load = (app) => {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      const name = IMPORTS[module.name];
      if (name === undefined)
        throw new Error(`docs/.vitepress/import-names.js has no name for the module "${module.name}".`);
      module.name = name;
    }
  });
};
