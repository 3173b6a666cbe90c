/** Records what the local system does for the console, from the start of the system on. */

import type { LocalSystemOptions } from '../../local/system.ts';
import { FunctionFigures } from './figures.ts';
import { RecentMessages } from './recent-messages.ts';

/** A recorder of one system. */
export interface ConsoleRecorder {
  readonly figures: FunctionFigures;
  readonly recent: RecentMessages;
  /** Returns the options of the system with a recording of its log lines and events. */
  recording(options: LocalSystemOptions): LocalSystemOptions;
}

/** Creates a recorder. Its memory is limited, however long the system runs. */
export const createConsoleRecorder = (): ConsoleRecorder => {
  const figures = new FunctionFigures(Date.now());
  const recent = new RecentMessages();
  return {
    figures,
    recent,
    recording: (options) => ({
      ...options,
      onLogLine(line, pid) {
        figures.addLine(line, Date.now());
        options.onLogLine(line, pid);
      },
      onInvoke(event) {
        recent.add(event);
        options.onInvoke?.(event);
      },
    }),
  };
};
