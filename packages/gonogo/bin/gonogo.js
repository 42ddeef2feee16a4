#!/usr/bin/env node
// The launcher. Written in the syntax of old Node.js versions, so that those can say which one is needed.
'use strict';

var version = process.versions.node.split('.').map(Number);

if (version[0] < 24 || (version[0] === 24 && version[1] < 20)) {
  process.stderr.write('gonogo needs Node.js 24.20 or later; this is ' + process.version + '\n');
  process.exitCode = 2;
} else {
  launch();
}

function launch() {
  var path = require('path');
  var os = require('os');
  var cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  // Compiled code is kept for this user only; where it cannot be written, Node.js goes on without it.
  require('module').enableCompileCache(path.join(cache, 'gonogo', 'compile'));
  import('../dist/cli.js').catch(function (error) {
    var missing = error.code === 'ERR_MODULE_NOT_FOUND';
    process.stderr.write(
      missing ? 'gonogo is not built or not complete here: ' + error.message + '\n' : error.stack + '\n',
    );
    process.exitCode = 3;
  });
}
