/**
 * Queries of dashboards with their results. `dashboard-queries.test.ts` sends them to the stand-in, and
 * `test/live/stand-in.test.ts` sends them to a real server too.
 */

/** Points of the queries, in line protocol with seconds. */
export const DASHBOARD_LINES = `cpu,host=a,region=eu used=1.5,n=4i 60
cpu,host=a,region=eu used=2.5,n=6i 70
cpu,host=a used=9.5,s="x",b=true 190
cpu,host=b,region=us used=4.5 120
cpu,host=b,region=us used=4,n=1i 310
mem,host=c free=1i 60`;

/** A series of a result. */
interface Series {
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

const cpu = (columns: string, values: readonly (readonly unknown[])[], tags?: Series['tags']): Series => ({
  name: 'cpu',
  ...(tags === undefined ? {} : { tags }),
  columns: ['time', ...columns.split(' ')],
  values,
});

const list = (name: string, columns: string, ...rows: readonly (readonly string[])[]): Series => ({
  name,
  columns: columns.split(' '),
  values: rows,
});

const RANGE = 'time >= 60s AND time < 4m';

/** Statements, and the series of their results. Times are in seconds. */
export const DASHBOARD_QUERIES: readonly (readonly [statement: string, series: readonly Series[]])[] = [
  // Conditions on the time.
  [
    "SELECT used FROM cpu WHERE time >= '1970-01-01T00:02:00Z' AND time <= '1970-01-01 00:03:10'",
    [
      cpu('used', [
        [120, 4.5],
        [190, 9.5],
      ]),
    ],
  ],
  [
    'SELECT used FROM cpu WHERE time > 60000ms AND time < 190s',
    [
      cpu('used', [
        [70, 2.5],
        [120, 4.5],
      ]),
    ],
  ],
  ['SELECT used FROM cpu WHERE time = 70000000000', [cpu('used', [[70, 2.5]])]],
  ['SELECT used FROM cpu WHERE time > 1m + 10s - 1ms AND time < 2m', [cpu('used', [[70, 2.5]])]],
  // Conditions on tags and fields.
  ["SELECT used FROM cpu WHERE host = 'a' AND region != 'eu'", [cpu('used', [[190, 9.5]])]],
  ['SELECT used FROM cpu WHERE host =~ /^[ac]$/ AND region !~ /./', [cpu('used', [[190, 9.5]])]],
  [
    `SELECT used FROM cpu WHERE ("host"::tag = 'b' OR region = 'eu') AND ${RANGE}`,
    [
      cpu('used', [
        [60, 1.5],
        [70, 2.5],
        [120, 4.5],
      ]),
    ],
  ],
  [
    // AND does not bind more strongly than OR.
    "SELECT used FROM cpu WHERE host = 'b' OR host = 'a' AND region = 'eu'",
    [
      cpu('used', [
        [60, 1.5],
        [70, 2.5],
      ]),
    ],
  ],
  [
    "SELECT used FROM cpu WHERE host = 'b' OR (host = 'a' AND region = 'eu')",
    [
      cpu('used', [
        [60, 1.5],
        [70, 2.5],
        [120, 4.5],
        [310, 4],
      ]),
    ],
  ],
  [
    'SELECT used FROM cpu WHERE used >= 4 AND used < 9.5',
    [
      cpu('used', [
        [120, 4.5],
        [310, 4],
      ]),
    ],
  ],
  [
    'SELECT used FROM cpu WHERE n > 3',
    [
      cpu('used', [
        [60, 1.5],
        [70, 2.5],
      ]),
    ],
  ],
  ["SELECT used FROM cpu WHERE s = 'x' AND b = true", [cpu('used', [[190, 9.5]])]],
  ["SELECT used FROM cpu WHERE host = 'nope'", []],
  // Order and pages.
  [
    'SELECT used FROM cpu ORDER BY time DESC LIMIT 2',
    [
      cpu('used', [
        [310, 4],
        [190, 9.5],
      ]),
    ],
  ],
  [
    'SELECT used FROM cpu ORDER BY time ASC LIMIT 2 OFFSET 1',
    [
      cpu('used', [
        [70, 2.5],
        [120, 4.5],
      ]),
    ],
  ],
  [
    // The limit is that of all series together.
    'SELECT used FROM cpu GROUP BY host LIMIT 1',
    [cpu('used', [[60, 1.5]], { host: 'a' })],
  ],
  [
    'SELECT used FROM cpu GROUP BY host ORDER BY time DESC LIMIT 2 OFFSET 1',
    [cpu('used', [[120, 4.5]], { host: 'b' }), cpu('used', [[190, 9.5]], { host: 'a' })],
  ],
  // Functions.
  [
    'SELECT mean(used), sum(n), count(n), min(used), max(used), first(used), last(used) FROM cpu WHERE time >= 60s',
    [cpu('mean sum count min max first last', [[60, 4.4, 11, 3, 1.5, 9.5, 1.5, 4]])],
  ],
  ['SELECT max(n) FROM cpu', [cpu('max', [[70, 6]])]],
  ['SELECT percentile(used, 50) FROM cpu', [cpu('percentile', [[310, 4]])]],
  ['SELECT percentile(used, 99) AS "p99" FROM cpu', [cpu('p99', [[190, 9.5]])]],
  ['SELECT percentile(used, 1) FROM cpu', [cpu('percentile', [[60, 1.5]])]],
  ['SELECT first(used) AS "start" FROM cpu WHERE host = \'b\'', [cpu('start', [[120, 4.5]])]],
  [
    'SELECT last(used) FROM cpu GROUP BY host',
    [cpu('last', [[190, 9.5]], { host: 'a' }), cpu('last', [[310, 4]], { host: 'b' })],
  ],
  // Intervals of time.
  [
    `SELECT mean("used") FROM "cpu" WHERE ${RANGE} GROUP BY time(1m), "host"::tag fill(null)`,
    [
      cpu(
        'mean',
        [
          [60, 2],
          [120, null],
          [180, 9.5],
        ],
        { host: 'a' },
      ),
      cpu(
        'mean',
        [
          [60, null],
          [120, 4.5],
          [180, null],
        ],
        { host: 'b' },
      ),
    ],
  ],
  [
    `SELECT mean(used) FROM cpu WHERE host = 'a' AND ${RANGE} GROUP BY time(1m) fill(previous)`,
    [
      cpu('mean', [
        [60, 2],
        [120, 2],
        [180, 9.5],
      ]),
    ],
  ],
  [
    `SELECT sum(used) FROM cpu WHERE host = 'a' AND ${RANGE} GROUP BY time(1m) fill(0)`,
    [
      cpu('sum', [
        [60, 4],
        [120, 0],
        [180, 9.5],
      ]),
    ],
  ],
  [
    `SELECT max(used) FROM cpu WHERE host = 'a' AND ${RANGE} GROUP BY time(1m) fill(none)`,
    [
      cpu('max', [
        [60, 2.5],
        [180, 9.5],
      ]),
    ],
  ],
  [
    `SELECT count(used) FROM cpu WHERE host = 'a' AND ${RANGE} GROUP BY time(1m)`,
    [
      cpu('count', [
        [60, 2],
        [120, 0],
        [180, 1],
      ]),
    ],
  ],
  [
    `SELECT mean(used) FROM cpu WHERE ${RANGE} GROUP BY time(100s, 10s) fill(none) ORDER BY time DESC`,
    [
      cpu('mean', [
        [110, 7],
        [10, 2],
      ]),
    ],
  ],
  // Names.
  ['SHOW MEASUREMENTS LIMIT 1', [list('measurements', 'name', ['cpu'])]],
  ['SHOW MEASUREMENTS WITH MEASUREMENT =~ /m$/', [list('measurements', 'name', ['mem'])]],
  ['SHOW TAG KEYS FROM "cpu"', [list('cpu', 'tagKey', ['host'], ['region'])]],
  ['SHOW TAG KEYS', [list('cpu', 'tagKey', ['host'], ['region']), list('mem', 'tagKey', ['host'])]],
  ['SHOW TAG VALUES FROM "cpu" WITH KEY = "host"', [list('cpu', 'key value', ['host', 'a'], ['host', 'b'])]],
  [
    'SHOW TAG VALUES WITH KEY = "host"',
    [list('cpu', 'key value', ['host', 'a'], ['host', 'b']), list('mem', 'key value', ['host', 'c'])],
  ],
  [
    "SHOW TAG VALUES FROM cpu WITH KEY IN (host, region) WHERE region = 'us'",
    [list('cpu', 'key value', ['host', 'b'], ['region', 'us'])],
  ],
  [
    'SHOW FIELD KEYS FROM "autogen"."cpu"',
    [list('cpu', 'fieldKey fieldType', ['b', 'boolean'], ['n', 'integer'], ['s', 'string'], ['used', 'float'])],
  ],
];
