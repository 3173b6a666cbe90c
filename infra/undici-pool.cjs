/**
 * Stands for `undici` in the bundles of the functions: its pool of connections, without the caches, mocks, WebSockets and
 * fetch that make up half of it (measured: a quarter of a megabyte, and a third of its loading time). It reaches into
 * undici's folders, so undici is pinned, and the packaged functions are started in the tests.
 */

const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Object.assign(Dispatcher.prototype, require('undici/lib/api/index.js'));

exports.Pool = require('undici/lib/dispatcher/pool.js');
