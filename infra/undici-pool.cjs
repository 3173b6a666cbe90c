/**
 * Replaces `undici` in the bundles of the functions (docs/decisions/0012). It exports the connection pool only. Caches,
 * mocks, WebSockets and fetch are half of undici (measured: a quarter of a megabyte, and a third of its loading time).
 * It imports internal files of undici, so the version of undici is pinned, and the tests start the packaged functions.
 */

const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');

Dispatcher.prototype.request = require('undici/lib/api/api-request.js');

exports.Pool = require('undici/lib/dispatcher/pool.js');
