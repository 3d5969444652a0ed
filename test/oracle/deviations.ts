/**
 * Where Herald differs from Supervisor on purpose, and why. A scenario that meets one names it and says what
 * Herald's transcript looks like instead.
 */
export const DEVIATIONS = {
  'delivery-on-ready':
    'A listener gets events as soon as it says READY. Supervisor also waits until the listener process is RUNNING, so that nothing is delivered during startsecs although READY is a better sign of life than a second without a crash.',
  'retry-delay':
    'A rejected event comes again at once, in front of the others; rejected once more, it waits for a second, then for twice as long each time up to a minute, while the other events of the pool go on. Supervisor sends it again at once and for ever, so that one event that nobody can handle blocks its pool and keeps two processes busy.',
  'overlap-delivers-once':
    'A pool gets each event once, however many of the names in its events= cover it. Supervisor delivers one copy for each, with the same serial numbers.',
  'rejection-stays-in-pool':
    'An event that a listener rejects, or dies with, comes again only in the pool that had it. Supervisor compares listeners by priority when it looks for the owner, so that every pool of equal priority gets the event once more.',
  'junk-restarts':
    'A listener that writes something other than the protocol is restarted, and what was in flight is delivered again. Supervisor marks it UNKNOWN: it stays RUNNING and never hears anything again.',
  'result-prefix':
    'A result must begin with RESULT and a blank. Supervisor drops the first seven bytes of the line without looking at them, so that BANANA 2 with a body of OK is an acknowledgement.',
  'empty-result-completes':
    'RESULT 0 is complete with its line end. Supervisor notices only when further bytes arrive, so that the listener counts as busy although it has answered.',
  'drain-at-shutdown':
    'Programs stop first and listeners last, after they have been given what is still queued: that a program stopped is delivered. Supervisor stops listeners together with the programs of their priority and loses those events.',
  'capture-keeps-tail':
    'With capture mode on, output is held back only as far as it may be the beginning of a token, and what is held back is logged when the stream ends. Supervisor holds back up to 24 bytes and drops them at the end, so that short output never reaches the log.',
  'capture-exact-limit':
    'A captured message longer than the limit keeps exactly its last bytes. Supervisor keeps a single oversized chunk whole and drops more than it must when chunks add up.',
  'chdir-is-a-spawn-error':
    "A working directory that cannot be entered fails the spawn: BACKOFF at once, with the reason in spawnerr. Supervisor's child finds out after the fork, writes it to its stderr log and exits with status 127, which looks like a crash of the program.",
  'exec-is-a-spawn-error':
    "A program that the kernel refuses to execute fails the spawn: BACKOFF at once, with the reason in spawnerr. Supervisor's child finds out after the fork, writes it to its stderr log and exits with status 127, which looks like a crash of the program.",
  'crash-loop-is-paced':
    'A program that ends again and again right after its start is restarted at once only the first few times, then once a second. Supervisor restarts it as fast as its loop turns, without any limit when startsecs is 0.',
  'stop-ends-the-group':
    "With stopasgroup or killasgroup, a stop is over when nobody is left in the program's process group; who has not been told gets the stop signal when the program has ended, and who is still there after stopwaitsecs gets SIGKILL. Supervisor is done when the program itself has ended, and leaves those of its group alone that did not end with it.",
  'fcgi-sockets-are-tried-later':
    'The sockets of fcgi-programs are tried once the daemon is sure to be the only one. Supervisor tries them first of all, so that a second daemon by mistake takes the path of a unix socket away from the first before it fails.',
  'fcgi-socket-outlives-a-crash':
    'When the last process of an fcgi-program crashes and is restarted at once, its socket stays open, so that nobody who connects meanwhile is refused. Supervisor closes it and makes another.',
  'fcgi-socket-is-refused':
    'A socket of an fcgi-program that cannot be had is told in a sentence: a start ends with status 2, addProcessGroup answers FAILED. Supervisor ends with a traceback and status 1, and answers with HTTP 500.',
  'files-are-not-sockets':
    'Where the socket of an fcgi-program is to be and there is a file, the start is refused and the file stays. Supervisor removes whatever is there.',
  'errors-tell-the-place':
    'An error in the configuration ends with the file, the line, and what else is known of its place. Supervisor tells the section and the file of some.',
  'unknown-member-of-its-own-group':
    'A group that names a program which does not exist is told by its own name. Supervisor tells the section of the member before, from the second one on.',
  'ansi-any-final-byte':
    'With strip_ansi, every final byte ends a sequence. Supervisor knows 15 letters, and drops what follows others up to the next of those.',
  'pidfile-comes-first':
    'The pidfile is claimed before anything else, so that a second daemon is refused before it has touched anything: that it cannot be written is the first thing that the log tells, where Supervisor tells it last.',
  'clears-logs-of-the-stopped':
    'clearProcessLogs clears the logs of a stopped process. Supervisor answers true and leaves them.',
  'bad-credentials-are-a-bad-request':
    'Credentials that are no Base64 are answered with 400. Supervisor fails on them, with 500.',
  'failed-start-leaves-no-socket':
    'A start that fails at the second server removes the socket of the first. Supervisor leaves it.',
  'restart-keeps-old-configuration':
    'When the configuration has become wrong, there is no restart: the programs run on, the main log and the caller of restart() have the reason. Supervisor stops all programs, then ends with status 2 and without a word in its log.',
  'sigusr1-is-survived':
    'SIGUSR1 is only logged. It ends supervisord, which has no handler for it, and orphans its programs.',
  'sigpipe-default':
    "Children start with SIGPIPE and SIGXFSZ at their defaults, as from a shell. Supervisor's children inherit them ignored, because the Python runtime ignores them.",
  'buffer-size':
    'A pool holds 10,000 events by default. Supervisor holds 10, so that a listener that starts late has already lost events on a machine with a dozen programs.',
  'byte-length-token':
    'When the payload is not pure ASCII, its length in bytes stands behind the length in characters as bytes:N. Supervisor gives only the number of characters, from which a reader of bytes cannot tell where the payload ends.',
} as const;

export type DeviationName = keyof typeof DEVIATIONS;
