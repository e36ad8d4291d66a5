// The flame graph of Grafana's panel, over the rows that stand in the page.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { createDataFrame, createTheme } from '@grafana/data';
import { FlameGraph } from '@grafana/flamegraph';

const rows = JSON.parse(document.getElementById('rows').textContent);
const columns = { label: 'string', level: 'number', value: 'number', self: 'number' };
const data = createDataFrame({
  fields: Object.entries(columns).map(([name, type]) => ({ name, type, values: rows.map((row) => row[name]) })),
});
const theme = createTheme({ colors: { mode: 'light' } });

createRoot(document.getElementById('panel')).render(
  <FlameGraph data={data} getTheme={() => theme} disableCollapsing={true} />
);
