/** What configurations are made of, whole lines and the characters that mean something, for tests that throw them together. */
export const PIECES = [
  ...['[supervisord]\n', '[program:x]\n', '[eventlistener:y]\n', '[group:g]\n', '[DEFAULT]\n', '[include]\n'],
  ...['[inet_http_server]\n', '[unix_http_server]\n', '[herald]\n', '[__proto__]\n', '[fcgi-program:f]\n'],
  ...['command=/bin/cat\n', 'events=TICK_5\n', 'programs=x\n', 'numprocs=2\n', 'environment=A="1",B=2\n'],
  ...['process_name=%(process_num)d\n', 'port=9001\n', 'file=/tmp/s\n', 'files=*.conf\n', 'constructor=1\n'],
  ...[
    'startsecs=',
    'stopsignal=',
    '%(ENV_A)s',
    '%(',
    '%',
    '"',
    "'",
    ' ;',
    ' #',
    '\n',
    '\n  ',
    '\r\n',
    '=',
    ':',
  ],
  ...['\u2028', '\ufeff', '\u00e9', '1', 'true', '[', ']'],
];
