/** Draws the plots with uPlot, each with a legend that shows its values and a table of its data. */

import uPlot from 'uplot';
import type { Figures } from '../protocol.ts';
import { box, element, setAttribute, setText } from './dom.ts';
import { compact, measured, timeOfDay } from './format.ts';
import { columnsOf, PLOTS, type PlotDefinition, summaryOf } from './plot-series.ts';

/** All plots of the page. */
export interface Plots {
  draw(samples: readonly Figures[]): void;
  /** Draws again in the colors of the theme. */
  recolor(): void;
}

const HEIGHT = 190;
/** Rows of a table, newest first. The plot shows the others. */
const TABLE_ROWS = 30;

/** Creates the plots without data. */
export const createPlots = (): Plots => {
  const plots = PLOTS.map(createPlot);
  box('plots').append(...plots.map(({ figure }) => figure));
  for (const { plot, area } of plots) {
    const fit = (): void => plot.setSize({ width: Math.max(200, area.clientWidth), height: HEIGHT });
    new ResizeObserver(fit).observe(area);
  }
  return {
    draw: (samples) => {
      for (const one of plots) one.draw(samples);
    },
    recolor: () => {
      for (const { plot } of plots) plot.redraw(false, true);
    },
  };
};

interface Plot {
  readonly figure: HTMLElement;
  readonly area: HTMLElement;
  readonly plot: uPlot;
  draw(samples: readonly Figures[]): void;
}

const createPlot = (definition: PlotDefinition): Plot => {
  const area = element('div', { class: 'plot', role: 'img', 'aria-label': summaryOf(definition, undefined) });
  const legend = createLegend(definition);
  const table = createTable(definition);
  const caption = element('figcaption', {}, element('h3', {}, definition.title), unitOf(definition));
  const figure = element(
    'figure',
    { id: `plot-${definition.id}`, class: 'card' },
    caption,
    legend.list,
    area,
    table.details,
  );
  let samples: readonly Figures[] = [];
  const plot = new uPlot(
    optionsOf(definition, legend, (index) => legend.show(samples[index ?? samples.length - 1])),
    [[]],
    area,
  );
  return {
    figure,
    area,
    plot,
    draw(next) {
      samples = next;
      plot.setData(columnsOf(definition, samples));
      setAttribute(area, 'aria-label', summaryOf(definition, samples.at(-1)));
      if (plot.cursor.idx === null || plot.cursor.idx === undefined) legend.show(samples.at(-1));
      table.show(samples);
    },
  };
};

const unitOf = ({ unit }: PlotDefinition): HTMLElement => element('span', { class: 'muted' }, unit);

interface Legend {
  readonly list: HTMLElement;
  /** Color of a series in the present theme. */
  colorOf(index: number): string;
  show(figures: Figures | undefined): void;
}

const createLegend = ({ series }: PlotDefinition): Legend => {
  const swatches = series.map(({ color, isDashed = false }) =>
    element('span', { class: `swatch color-${color}${isDashed ? ' dashed' : ''}` }),
  );
  const values = series.map(() => element('b', {}, '–'));
  const items = series.map(({ name }, index) =>
    element('li', {}, swatches[index] as Node, `${name} `, values[index] as Node),
  );
  return {
    list: element('ul', { class: 'legend' }, ...items),
    colorOf: (index) => getComputedStyle(swatches[index] as Element).color,
    show(figures) {
      series.forEach(({ value }, index) => {
        setText(values[index] as Node, figures === undefined ? '–' : measured(value(figures)));
      });
    },
  };
};

const optionsOf = (
  { series }: PlotDefinition,
  legend: Legend,
  onCursor: (index: number | null | undefined) => void,
): uPlot.Options => {
  const axis = {
    stroke: () => colorOf('--muted'),
    grid: { stroke: () => colorOf('--border'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: 400,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] } },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map((at) => timeOfDay(at * 1_000)), space: 90, size: 30 },
      { ...axis, size: 48, values: (_plot, splits) => splits.map(compact) },
    ],
    series: [
      {},
      ...series.map(({ name, isDashed = false }, index) => ({
        label: name,
        stroke: () => legend.colorOf(index),
        width: 2,
        points: { show: false },
        ...(isDashed ? { dash: [6, 4] } : {}),
      })),
    ],
    hooks: { setCursor: [({ cursor }: uPlot) => onCursor(cursor.idx)] },
  };
};

/** An element whose color is a custom property resolves `light-dark()`, which the property itself does not. */
const probes = new Map<string, HTMLElement>();
const colorOf = (property: string): string => {
  let probe = probes.get(property);
  if (probe === undefined) {
    probe = element('span', { class: `probe probe${property}`, 'aria-hidden': 'true' });
    document.body.append(probe);
    probes.set(property, probe);
  }
  return getComputedStyle(probe).color;
};

/** The table is written only while it is open, because 30 rows per second would cost more than the plot. */
const createTable = ({ title, series }: PlotDefinition) => {
  const head = element(
    'tr',
    {},
    ...['Time', ...series.map(({ name }) => name)].map((name) => element('th', { scope: 'col' }, name)),
  );
  const body = element('tbody');
  const caption = element('caption', {}, `${title}, newest first`);
  const table = element('table', {}, caption, element('thead', {}, head), body);
  const scroll = element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `Table of ${title}` },
    table,
  );
  const details = element('details', {}, element('summary', {}, 'Table'), scroll);
  let shown: readonly Figures[] = [];
  const write = (): void => {
    const rows = shown.slice(-TABLE_ROWS).toReversed();
    body.replaceChildren(
      ...rows.map((figures) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, timeOfDay(figures.atMs)),
          ...series.map(({ value }) => element('td', {}, measured(value(figures)))),
        ),
      ),
    );
  };
  details.addEventListener('toggle', () => {
    if (details.open) write();
  });
  return {
    details,
    show(samples: readonly Figures[]) {
      shown = samples;
      if (details.open) write();
    },
  };
};
