// node url_params.cjs PACKAGES < {"name": [value, ...]}: print what Grafana makes of variables in the format queryparam.
const path = require('node:path');
const { readFileSync } = require('node:fs');
// The package as a whole asks for a browser.
const { urlUtil } = require(path.join(process.argv[2], '@grafana/data/dist/cjs/utils/url.cjs'));

process.stdout.write(urlUtil.toUrlParams(JSON.parse(readFileSync(0, 'utf8'))));
