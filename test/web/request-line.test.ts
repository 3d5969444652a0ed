import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { encodeFirstLines } from '../../src/web/request-line.ts';

/** Answers with the path that the parser has seen and what came behind the head. */
async function serve(t: TestContext) {
  const server = createServer(async (request, response) => {
    response.end(`${request.url} ${await text(request)}`);
  });
  const silent = encodeFirstLines(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { server, silent, open: () => connect({ port, host: '127.0.0.1' }) };
}

async function ask(socket: Socket, ...pieces: readonly string[]): Promise<string> {
  for (const piece of pieces) {
    socket.write(piece);
    // What has been sent on its own arrives on its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const reply = await text(socket);
  return reply.slice(reply.indexOf('\r\n\r\n') + 4);
}

const CLOSE = 'Connection: close\r\nHost: x\r\n';

test('bytes beyond ASCII in the first line are percent-encoded, and nothing else is touched', async (t) => {
  const { open } = await serve(t);
  const head = `POST /ż%C3%B3?ł HTTP/1.1\r\n${CLOSE}Content-Length: 3\r\n\r\n`;
  assert.equal(await ask(open(), `${head}é\n`), '/%C5%BC%C3%B3?%C5%82 é\n');
  assert.equal(await ask(open(), head, 'é', '\n'), '/%C5%BC%C3%B3?%C5%82 é\n');
});

test('supervisorctl sends its request line apart from its end and from each header', async (t) => {
  const { open } = await serve(t);
  const pieces = ['GET /logtail/ż/stdout HTTP/1.1', '\r\n', 'Host: x', '\r\n', 'Connection: close', '\r\n'];
  assert.equal(await ask(open(), ...pieces, '\r\n'), '/logtail/%C5%BC/stdout ');
});

test('the requests behind the first one are read as ever: bytes beyond ASCII in their paths are refused', async (t) => {
  const { open } = await serve(t);
  const socket = open();
  socket.write('GET /ż HTTP/1.1\r\nHost: x\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(first), /^HTTP\/1\.1 200 [\s\S]*\/%C5%BC $/);
  socket.write(`GET /ż HTTP/1.1\r\n${CLOSE}\r\n`);
  assert.match(await text(socket), /^HTTP\/1\.1 400 /);
  const reply = await ask(open(), `GET /ż HTTP/1.1\r\nHost: x\r\n\r\n`, `GET /b HTTP/1.1\r\n${CLOSE}\r\n`);
  assert.match(reply, /^\/%C5%BC [\s\S]*\r\n\r\n\/b $/);
});

test('connections that have brought nothing end by themselves or with the server', async (t) => {
  const { server, silent, open } = await serve(t);
  const left = open();
  const gone = once(left, 'close');
  left.end();
  left.resume();
  await gone;
  const stays = open();
  await once(server, 'connection');
  const closed = once(server, 'close');
  server.close();
  stays.resume();
  silent.close();
  await Promise.all([closed, once(stays, 'close')]);
});
