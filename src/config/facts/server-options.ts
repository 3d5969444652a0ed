/** The options of HTTP servers, RPC interfaces and the like. */
import { row, type SectionFacts } from './option-facts.ts';

const CREDENTIALS = {
  username: row('text', undefined, 'ask clients for this name; needs a password', { example: 'user' }),
  password: row('text', undefined, 'clear text, or {SHA} and the hexadecimal SHA-1 in lower case', {
    example: '{SHA}82ab876d1387bfafe46cc1c8a2ef074eae50cb1d',
  }),
};

export const SERVER_SECTIONS: readonly SectionFacts[] = [
  {
    name: 'unix_http_server',
    prefix: true,
    about: 'A server on a unix socket; [unix_http_server:x] for more than one',
    options: {
      file: row('path', undefined, 'path of the socket', { required: true, example: '/tmp/supervisor.sock' }),
      chmod: row('octal', '0700', 'mode of the socket: who may write may do everything'),
      chown: row('text', undefined, 'owner of the socket: user or user:group', { example: 'root:root' }),
      ...CREDENTIALS,
    },
  },
  {
    name: 'inet_http_server',
    prefix: true,
    about: 'A server on a TCP port, without encryption; [inet_http_server:x] for more than one',
    options: {
      port: row('text', undefined, 'port, or host:port; without a host all IPv4 interfaces', {
        required: true,
        example: '127.0.0.1:9001',
      }),
      ...CREDENTIALS,
    },
  },
  {
    name: 'rpcinterface:',
    prefix: true,
    example: 'supervisor',
    about: 'Needed by heraldctl and every RPC client',
    open: true,
    options: {
      'supervisor.rpcinterface_factory': row('text', undefined, 'this one stands for Herald itself', {
        required: true,
        example: 'supervisor.rpcinterface:make_main_rpcinterface',
      }),
    },
  },
  {
    name: 'ctlplugin:',
    prefix: true,
    example: 'x',
    about: 'A plugin of supervisorctl; heraldctl loads no Python code and ignores it',
    open: true,
    options: {
      'supervisor.ctl_factory': row('text', undefined, 'the function that makes the plugin', {
        required: true,
        example: 'module:function',
      }),
    },
  },
  {
    name: 'remotecomm:',
    prefix: true,
    example: 'TYPE',
    about: "Herald's own: what REMOTE_COMMUNICATION events of one type must look like",
    open: true,
    herald: true,
    options: {
      schema: row('path', undefined, 'JSON Schema that the data must fit', {
        herald: true,
        example: '%(here)s/type.schema.json',
      }),
      max_bytes: row('bytes', '1MB', 'longest data', { herald: true }),
    },
  },
];
