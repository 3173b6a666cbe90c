/** The page of the console: connects the stream of updates with the parts of the page. */

import type { Figures, History, SystemState, Update } from '../protocol.ts';
import { Ring } from '../ring.ts';
import { connectControls, showControlState, showControls } from './controls-view.ts';
import { box, setText } from './dom.ts';
import { oncePerFrame } from './frame.ts';
import { connectLetters } from './letters-view.ts';
import { connectMapping, type MappingEditor } from './mapping-view.ts';
import { createPlots } from './plots.ts';
import { announce } from './requests.ts';
import { showState, showSystemFacts } from './state-view.ts';
import { connectTheme } from './theme.ts';

/** Samples that the page keeps: ten minutes. A page may be open for days. */
const SAMPLES_MAX = 600;

const plots = createPlots();
const letters = connectLetters();
let editor: MappingEditor | undefined;
let samples = new Ring<Figures>(SAMPLES_MAX);
let state: SystemState | undefined;
let received = 0;

const draw = oncePerFrame(() => {
  plots.draw(samples.items());
  if (state === undefined) return;
  showState(state);
  showControlState(state);
  letters.follow(state.queues.deadLetters);
  if (state.ledger.received !== received) editor?.refresh();
  received = state.ledger.received;
}, requestAnimationFrame);

const showConnection = (text: string, kind: 'good' | 'bad' | 'waiting'): void => {
  const badge = box('connection');
  setText(badge, text);
  badge.dataset.state = kind;
};

const source = new EventSource('/api/updates');
source.addEventListener('open', () => showConnection('Live', 'good'));
source.addEventListener('error', () => showConnection('Disconnected, trying again', 'bad'));
source.addEventListener('history', ({ data }) => {
  const { facts, figures } = JSON.parse(data) as History;
  samples = new Ring(SAMPLES_MAX);
  for (const one of figures) samples.push(one);
  showSystemFacts(facts);
  showControls(facts);
  draw();
});
source.addEventListener('update', ({ data }) => {
  const update = JSON.parse(data) as Update;
  if (update.figures !== null) samples.push(update.figures);
  state = update.state;
  draw();
});

connectTheme(() => plots.recolor());
connectControls();
connectMapping().then(
  (connected) => {
    editor = connected;
  },
  (error: Error) => announce(error.message, true),
);
