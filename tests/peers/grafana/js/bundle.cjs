// node bundle.cjs PACKAGES PAGE: write PAGE, a script that a browser runs, out of flames.jsx and the packages of a directory.
const path = require('node:path');
const [packages, page] = process.argv.slice(2);
const { build } = require(path.join(packages, 'esbuild'));

// Grafana's build has the first of them at hand; of the second, modules of Node see what it exports, and not its default.
const instead = {
  '@grafana/assistant': 'export const OpenAssistantButton = () => null;',
  'react-custom-scrollbars-2': "module.exports = require('react-custom-scrollbars-2/lib/index.js').default;",
};
const stands = {
  name: 'instead',
  setup(bundle) {
    const filter = new RegExp(`^(${Object.keys(instead).join('|')})$`);
    bundle.onResolve({ filter }, (asked) => ({ path: asked.path, namespace: 'instead' }));
    bundle.onLoad({ filter: /.*/, namespace: 'instead' }, (asked) => ({ contents: instead[asked.path], resolveDir: packages }));
  },
};

build({
  entryPoints: [path.join(__dirname, 'flames.jsx')],
  outfile: page,
  bundle: true,
  conditions: ['module'],
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'text', '.ttf': 'empty' },
  logLevel: 'error',
  mainFields: ['browser', 'module', 'main'],
  nodePaths: [packages],
  plugins: [stands],
}).catch(() => process.exit(1));
