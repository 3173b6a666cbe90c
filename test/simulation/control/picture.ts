/** Draws a case over time: lines per second, latency, share and batch size, for light and dark pages. */

import type { Moment } from './run.ts';

/** An interval that is shaded. */
export interface Shade {
  readonly fromS: number;
  readonly toS: number;
}

/** Curves with one axis. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly { readonly kind: 'ours' | 'other'; readonly values: readonly number[] }[];
}

const WIDTH = 720;
const LEFT = 64;
const RIGHT = 12;
const PANEL = { height: 96, gap: 34, top: 40 };

/** Both colors are distinguishable on white and on black. Dashes distinguish the lines without color. */
const STYLE = `text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600}.axis{fill:none;stroke:#8c959f;stroke-width:1}
.grid{stroke:#8c959f;stroke-opacity:.3}.ours{stroke:#0969da}.other{stroke:#bc4c00;stroke-dasharray:5 3}
.ours,.other{fill:none;stroke-width:1.75;stroke-linejoin:round}.shade{fill:#8c959f;fill-opacity:.16}
@media (prefers-color-scheme:dark){text{fill:#c9d1d9}.ours{stroke:#58a6ff}.other{stroke:#f0883e}}`;

const readable = (value: number): string => {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  return value >= 1_000 ? `${Number((value / 1_000).toPrecision(3))}k` : `${Number(value.toPrecision(3))}`;
};

/** Returns the smallest of 1, 2 or 5 times a power of ten that is not below `value`. */
const niceAbove = (value: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
};

const panelsOf = (ours: readonly Moment[], other: readonly Moment[]): readonly Panel[] => {
  const of = (moments: readonly Moment[], figure: (moment: Moment) => number): readonly number[] => moments.map(figure);
  return [
    {
      title: 'Lines per second',
      unit: '',
      lines: [
        { kind: 'other', values: of(other, ({ lines }) => lines) },
        { kind: 'ours', values: of(ours, ({ lines }) => lines) },
      ],
    },
    {
      title: 'Mean latency of a request',
      unit: ' ms',
      lines: [
        { kind: 'other', values: of(other, ({ latencyMs }) => latencyMs) },
        { kind: 'ours', values: of(ours, ({ latencyMs }) => latencyMs) },
      ],
    },
    { title: 'Share', unit: '', lines: [{ kind: 'ours', values: of(ours, ({ share }) => share) }] },
    {
      title: 'Lines of a batch',
      unit: '',
      lines: [{ kind: 'ours', values: of(ours, ({ batchLines }) => batchLines) }],
    },
    {
      title: 'Invocations',
      unit: '',
      lines: [
        { kind: 'other', values: of(other, ({ invocations }) => invocations) },
        { kind: 'ours', values: of(ours, ({ invocations }) => invocations) },
      ],
    },
  ];
};

/** Returns the picture of a case. */
export const draw = (
  title: string,
  otherTitle: string,
  ours: readonly Moment[],
  other: readonly Moment[],
  shades: readonly Shade[],
): string =>
  drawPanels({
    title,
    legend: { ours: 'this controller', other: otherTitle },
    panels: panelsOf(ours, other),
    shades,
    seconds: ours.length,
    tickSeconds: 30,
  });

/** A picture of panels above each other, with one value per second or per `secondsPerValue`. */
export interface Picture {
  readonly title: string;
  /** Names of the two kinds of lines. */
  readonly legend: { readonly ours: string; readonly other: string };
  readonly panels: readonly Panel[];
  readonly shades: readonly Shade[];
  readonly seconds: number;
  readonly tickSeconds: number;
  readonly secondsPerValue?: number;
}

/** Returns the picture as SVG. */
export const drawPanels = (picture: Picture): string => {
  const { title, legend, panels, seconds } = picture;
  const height = PANEL.top + panels.length * (PANEL.height + PANEL.gap);
  const x = (second: number): number => LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT);
  const drawn = panels.map((panel, index) =>
    drawPanel(panel, PANEL.top + 18 + index * (PANEL.height + PANEL.gap), x, picture),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<style>${STYLE}</style>
<text class="title" x="${LEFT}" y="16">${title}</text>
<path class="ours" d="M${LEFT} 29h24"/><text x="${LEFT + 30}" y="33">${legend.ours}</text>
<path class="other" d="M${LEFT + 140} 29h24"/><text x="${LEFT + 170}" y="33">${legend.other}</text>
${drawn.join('\n')}
</svg>
`;
};

const drawPanel = (
  { title, unit, lines }: Panel,
  top: number,
  x: (second: number) => number,
  { shades, seconds, tickSeconds, secondsPerValue = 1 }: Picture,
): string => {
  const bottom = top + PANEL.height;
  const most = niceAbove(Math.max(...lines.flatMap(({ values }) => values), 1e-3));
  const y = (value: number): number => bottom - (value / most) * PANEL.height;
  const shaded = shades.map(
    ({ fromS, toS }) =>
      `<rect class="shade" x="${x(fromS).toFixed(1)}" y="${top}" width="${(x(toS) - x(fromS)).toFixed(1)}" height="${PANEL.height}"/>`,
  );
  const steps = [0, 0.5, 1].map((part) => {
    const at = y(part * most);
    const label = `${readable(part * most)}${unit}`;
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
  });
  const curves = lines.map(({ kind, values }) => {
    const points = values.map((value, at) => `${x((at + 0.5) * secondsPerValue).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline class="${kind}" points="${points.join(' ')}"/>`;
  });
  const times = Array.from({ length: Math.floor(seconds / tickSeconds) + 1 }, (_, index) => index * tickSeconds).map(
    (second) => `<text x="${x(second).toFixed(1)}" y="${bottom + 13}" text-anchor="middle">${second}</text>`,
  );
  return [
    ...shaded,
    `<text x="${LEFT}" y="${top - 5}">${title}</text>`,
    ...steps,
    `<path class="axis" d="M${LEFT} ${top}V${bottom}H${WIDTH - RIGHT}"/>`,
    ...curves,
    ...times,
  ].join('\n');
};
