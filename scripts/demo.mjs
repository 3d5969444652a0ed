/**
 * The demo, `npm start`: a real heraldd with three programs and two listeners, and a mail server that shows what
 * crashmail sends. Everything lives in a temporary folder. It runs until Ctrl-C and leaves nothing behind.
 *
 *   npm start                        until Ctrl-C
 *   npm start -- --for 60            ends by itself after so many seconds
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const BUILT = ['heraldd.js', 'herald.js', 'heraldctl.js', 'listener.js', 'listeners/crashmail.js'];
/** npm hands Ctrl-C on to its child, which the terminal has told already: that is still one Ctrl-C. */
const SAME_SIGNAL_MS = 1000;
const EXIT_FORCED = 130;

process.exitCode = await main(process.argv.slice(2));

async function main(words) {
  const seconds = readOptions(words);
  if (seconds === undefined) {
    console.error('usage: npm start [-- --for SECONDS]');
    return 2;
  }
  const missing = BUILT.find((name) => !existsSync(join(dist, name)));
  if (missing !== undefined) {
    console.error(`dist/${missing} is not there: run "npm install" first`);
    return 1;
  }
  return run(seconds);
}

/** How many seconds to run, Infinity without `--for`; undefined when the words are wrong. */
function readOptions(words) {
  if (words.length === 0) return Number.POSITIVE_INFINITY;
  const [option, value = '', ...more] = words;
  if (option !== '--for' || more.length > 0 || !/^\d{1,6}(\.\d+)?$/.test(value)) return undefined;
  return Number(value);
}

async function run(seconds) {
  // What there is to undo, in the order in which it was made: `end` in peace, `force` when there is no time.
  const made = [];
  const ending = watchForTheEnd(() => {
    for (const { force } of made.reverse()) force();
    process.exit(EXIT_FORCED);
  });
  let say = (_who, text) => console.error(text);
  let status = 0;
  try {
    const { createScreen } = await import('../examples/demo/screen.mjs');
    const screen = createScreen(process.stdout, process.env);
    say = screen.say;
    const started = begin(screen, made, ending);
    // When the end comes first, the start may still fail behind our back.
    started.catch(() => {});
    const daemon = await Promise.race([started, ending.asked]);
    await Promise.race([daemon?.lost, ending.asked, ending.within(seconds)]);
  } catch (error) {
    // Ctrl-C ends esbuild, too, and may be told only after that: then the failure is no news.
    await new Promise(setImmediate);
    if (!ending.isAsked()) {
      say('error', messageOf(error));
      status = 1;
    }
  }
  ending.begun();
  if (made.length > 0)
    say('demo', 'ending: first the programs, then the listeners (Ctrl-C once more: at once)');
  while (made.length > 0) {
    try {
      await made.at(-1).end();
    } catch (error) {
      say('error', messageOf(error));
      status = 1;
    }
    made.pop();
  }
  if (status === 0) say('demo', 'ended, and nothing is left');
  ending.forget();
  return status;
}

function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** Starts everything and tells about it. What was made goes to `made` at once, so that a failure undoes it. */
async function begin(screen, made, ending) {
  const { makeFolder } = await import('../examples/demo/folder.mjs');
  const { openMailSink } = await import('../examples/demo/mail-sink.mjs');
  const { startDaemon } = await import('../examples/demo/daemon.mjs');
  const { demoCommands } = await import('../examples/demo/commands.mjs');
  if (ending.isAsked()) return undefined;
  const folder = makeFolder(dist);
  made.push({ end: folder.remove, force: folder.remove });
  const sink = await openMailSink(({ to, subject, text }) =>
    screen.say('mail', `to ${to}: ${subject}\n${text}`),
  );
  made.push({ end: sink.close, force: () => {} });
  const daemon = await startDaemon({
    dist,
    folder: folder.path,
    smtpPort: sink.port,
    onLine: (channel, text) => screen.say(channel === 'stdout' ? 'event' : 'heraldd', text),
    mayStart: () => !ending.isAsked(),
    onSpawned: (spawned) => made.push({ end: spawned.stop, force: spawned.kill }),
  });
  if (daemon === undefined) return undefined;
  screen.say('demo', `heraldd is up: pid ${daemon.pid}, folder ${folder.path}`);
  screen.say('demo', `web page: http://127.0.0.1:${daemon.port}/`);
  screen.say('demo', 'steady runs, flaky crashes every 15 s, broken never comes up; each crash is mailed');
  screen.plain('\nTry these in another terminal, while it runs:\n');
  for (const { label, line } of demoCommands({ dist, folder: folder.path, port: daemon.port })) {
    if (label !== undefined) screen.plain(label);
    else screen.command(line);
  }
  screen.plain('\nCtrl-C ends it.\n');
  return daemon;
}

/**
 * Watches for what ends the demo: Ctrl-C, SIGTERM, a terminal that is closed, an output that nobody reads. `forced`
 * is called when somebody asks again after `begun`.
 */
function watchForTheEnd(forced) {
  let settle = () => {};
  const asked = new Promise((resolve) => {
    settle = resolve;
  });
  let since;
  let timer;
  const ask = () => {
    const now = performance.now();
    if (since === undefined) since = now;
    else if (now - since > SAME_SIGNAL_MS) forced();
    settle(undefined);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, ask);
  process.stdout.on('error', () => ask());
  return {
    asked,
    isAsked: () => since !== undefined,
    /** Settles after so many seconds; with Infinity never. */
    within: (seconds) =>
      new Promise((resolve) => {
        if (Number.isFinite(seconds)) timer = setTimeout(resolve, seconds * 1000);
      }),
    /** The end has begun, whoever wanted it: the next signal that is not the same one forces it. */
    begun() {
      clearTimeout(timer);
      since ??= Number.NEGATIVE_INFINITY;
    },
    forget() {
      for (const signal of signals) process.off(signal, ask);
    },
  };
}
