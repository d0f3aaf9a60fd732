/** Answers that lie about their length, never come, never end, or are not HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import {
  type Attack,
  type AttackTable,
  family,
  multistatusXml,
  type Operation,
  type Outcome,
  type Scene,
} from '../attack.ts';

type Answer = (scene: Scene, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const everyMethod = ['PROPFIND', 'GET', 'PUT', 'MKCOL', 'MOVE', 'DELETE'];
const attack = (operation: Operation, outcome: Outcome, answer: Answer, methods: readonly string[]): Attack => ({
  operation,
  outcome,
  methods,
  answer,
});

/** Bytes as they are, past all the care that Node takes. */
const raw =
  (make: (scene: Scene) => string | Buffer, thenClose = true): Answer =>
  (scene, request, response) => {
    request.resume();
    const { socket } = response;
    socket?.write(make(scene));
    if (thenClose) socket?.end();
  };

const xml = 'Content-Type: application/xml\r\n';
const document = multistatusXml(
  '<d:response><d:href>/dav/target/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>',
);
const size = Buffer.byteLength(document);

function trickle(piece: string, everyMs: number): Answer {
  return (_scene, request, response) => {
    request.resume();
    response.writeHead(207, { 'Content-Type': 'application/xml' });
    const timer = setInterval(() => response.write(piece), everyMs);
    response.once('close', () => clearInterval(timer));
  };
}

/** Writes for as long as anybody listens. */
function flood(head: string, piece: string): Answer {
  return (_scene, request, response) => {
    request.resume();
    const { socket } = response;
    if (socket === null) return;
    socket.write(head);
    const pour = (): void => {
      for (let turn = 0; turn < 64 && !socket.destroyed; turn += 1) {
        if (!socket.write(piece)) return void socket.once('drain', pour);
      }
      if (!socket.destroyed) setImmediate(pour);
    };
    pour();
  };
}

const listing: Readonly<Record<string, Answer>> = {
  'silence': (_scene, request) => void request.resume(),
  'silence-after-head': (_scene, request, response) => {
    request.resume();
    response.writeHead(207, { 'Content-Type': 'application/xml' });
    response.flushHeaders();
  },
  'silence-within': raw(
    () => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: ${size}\r\n\r\n${document.slice(0, 60)}`,
    false,
  ),
  'trickle-space': trickle(' ', 200),
  'trickle-comment': trickle('<!-- -->', 200),
  'trickle-head': (_scene, request, response) => {
    request.resume();
    const { socket } = response;
    socket?.write('HTTP/1.1 207 Multi-Status\r\n');
    const timer = setInterval(() => socket?.write('X-More: 1\r\n'), 200);
    socket?.once('close', () => clearInterval(timer));
  },
  'length-longer': raw(() => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: ${size + 100}\r\n\r\n${document}`),
  'length-shorter': raw(() => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: ${size - 20}\r\n\r\n${document}`),
  'length-negative': raw(() => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: -1\r\n\r\n${document}`),
  'length-words': raw(() => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: many\r\n\r\n${document}`),
  'length-huge': raw(
    () => `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: 99999999999999999999\r\n\r\n${document}`,
  ),
  'length-twice': raw(
    () =>
      `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: ${size}\r\nContent-Length: ${size + 1}\r\n\r\n${document}`,
  ),
  'length-and-chunked': raw(
    () =>
      `HTTP/1.1 207 Multi-Status\r\n${xml}Content-Length: ${size}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<evil\r\n0\r\n\r\n`,
  ),
  'chunk-size-bad': raw(
    () => `HTTP/1.1 207 Multi-Status\r\n${xml}Transfer-Encoding: chunked\r\n\r\nzz\r\n${document}\r\n0\r\n\r\n`,
  ),
  'chunk-cut': raw(() => `HTTP/1.1 207 Multi-Status\r\n${xml}Transfer-Encoding: chunked\r\n\r\nffff\r\n${document}`),
  'no-http': raw(() => '220 mail.evil.example ESMTP\r\n'),
  'no-answer': (_scene, request) => void request.socket.destroy(),
  'status-odd': raw(() => 'HTTP/1.1 099 Evil\r\nContent-Length: 0\r\n\r\n'),
  'status-long': raw(() => `HTTP/1.1 207 ${'x'.repeat(1_000_000)}\r\nContent-Length: 0\r\n\r\n`),
  'status-unknown': raw(() => 'HTTP/1.1 799 Evil\r\nContent-Length: 0\r\n\r\n'),
  'status-ok-page': raw(() => 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\r\n<html>!</html>'),
  'status-no-content': raw(() => 'HTTP/1.1 204 No Content\r\n\r\n'),
  'headers-endless': flood('HTTP/1.1 207 Multi-Status\r\n', `X-More: ${'x'.repeat(1_000)}\r\n`),
  'header-long': raw(
    () => `HTTP/1.1 207 Multi-Status\r\nX-Long: ${'x'.repeat(2_000_000)}\r\nContent-Length: 0\r\n\r\n`,
  ),
  'informational-endless': flood('', 'HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\n\r\n'),
  'upgrade': raw(() => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: evil\r\nConnection: Upgrade\r\n\r\nevil'),
  'gzip-unasked': (_scene, request, response) => {
    request.resume();
    response.writeHead(207, { 'Content-Type': 'application/xml', 'Content-Encoding': 'gzip' }).end(gzipSync(document));
  },
  'gzip-bomb': (_scene, request, response) => {
    request.resume();
    response.writeHead(207, { 'Content-Type': 'application/xml', 'Content-Encoding': 'gzip' }).end(bomb());
  },
  'error-endless': flood('HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\n\r\n', 'x'.repeat(65_536)),
  'error-silent': raw(() => 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1000\r\n\r\nevil', false),
  'error-secret': (_scene, request, response) => {
    // The page repeats what was sent: it must not end up in a message or a log.
    request.resume();
    response
      .writeHead(500, { 'Content-Type': 'text/plain' })
      .end(`Authorization: ${request.headers.authorization ?? ''}`);
  },
};

let bombMade: Buffer | undefined;
/** 64 MB of blanks in 64 kB. */
const bomb = (): Buffer => (bombMade ??= gzipSync(Buffer.alloc(64 * 1024 * 1024, ' ')));

const challenge =
  (value: string | readonly string[], status = 401): Answer =>
  (_scene, request, response) => {
    request.resume();
    response
      .writeHead(status, {
        [status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate']: value as string[],
        'Content-Length': '0',
      })
      .end();
  };

const challenges: Readonly<Record<string, Answer>> = {
  'basic': challenge('Basic realm="again"'),
  'none': (_scene, request, response) => {
    request.resume();
    response.writeHead(401, { 'Content-Length': '0' }).end();
  },
  'digest-md5': challenge('Digest realm="evil", nonce="1", algorithm=MD5'),
  'digest-unknown': challenge('Digest realm="evil", nonce="1", algorithm=EVIL, qop="auth"'),
  'digest-nonce-long': challenge(`Digest realm="evil", nonce="${'n'.repeat(10_000)}", qop="auth"`),
  'digest-injection': challenge('Digest realm="a\\", uri=\\"/evil", nonce="\\", response=\\"", qop="auth-int"'),
  'digest-stale': challenge('Digest realm="evil", nonce="1", qop="auth", stale=true'),
  'ntlm': challenge('NTLM'),
  'negotiate': challenge('Negotiate TlRMTVNTUAAB'),
  'broken': challenge('Basic realm="'),
  'proxy': challenge('Basic realm="proxy"', 407),
};

const reading: Readonly<Record<string, { outcome: Outcome; answer: Answer }>> = {
  'silence': { outcome: 'refuse', answer: (_scene, request) => void request.resume() },
  'cut': { outcome: 'refuse', answer: raw(() => 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this') },
  'cut-chunked': {
    outcome: 'refuse',
    answer: raw(() => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nonly this'),
  },
  'silence-within': {
    outcome: 'refuse',
    answer: raw(() => 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this', false),
  },
  'endless': { outcome: 'survive', answer: flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(65_536)) },
  'range-ignored': { outcome: 'survive', answer: raw(() => 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody') },
  'range-other': {
    outcome: 'survive',
    answer: raw(
      () => 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 100-103/200\r\nContent-Length: 4\r\n\r\nbody',
    ),
  },
  'partial-unasked': {
    outcome: 'survive',
    answer: raw(() => 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/4\r\nContent-Length: 2\r\n\r\nbo'),
  },
  'multipart-unasked': {
    outcome: 'survive',
    answer: raw(
      () =>
        'HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=b\r\nContent-Length: 7\r\n\r\n--b--\r\n',
    ),
  },
  'not-modified': { outcome: 'refuse', answer: raw(() => 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n') },
  'gzip-unasked': {
    outcome: 'survive',
    answer: (_scene, request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb());
    },
  },
  'type-newline': {
    outcome: 'refuse',
    answer: raw(() => 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\rX-Injected: yes\r\nContent-Length: 4\r\n\r\nbody'),
  },
  'disposition': {
    outcome: 'survive',
    answer: raw(
      () =>
        'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="../../evil.txt"\r\nContent-Length: 4\r\n\r\nbody',
    ),
  },
  'html-instead': {
    outcome: 'survive',
    answer: raw(() => 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<html>login!'),
  },
};

const writing: Readonly<Record<string, { outcome: Outcome; answer: Answer }>> = {
  'silence': { outcome: 'refuse', answer: () => undefined },
  'silence-drained': { outcome: 'refuse', answer: (_scene, request) => void request.resume() },
  'early-success': {
    outcome: 'refuse',
    answer: (_scene, _request, response) =>
      void response.writeHead(201, { 'Content-Length': '0', Connection: 'close' }).end(),
  },
  'early-refusal': {
    outcome: 'refuse',
    answer: (_scene, _request, response) =>
      void response.writeHead(413, { 'Content-Length': '0', Connection: 'close' }).end(),
  },
  'accepted-not-stored': {
    outcome: 'refuse',
    answer: (_scene, request, response) => {
      request.resume();
      response.writeHead(201, { ETag: '"never"', 'Content-Length': '0' }).end();
    },
  },
  'hash-lie': {
    outcome: 'refuse',
    answer: (_scene, request, response) => {
      request.resume();
      response
        .writeHead(201, {
          ETag: '"never"',
          'X-Hash-SHA256': '0'.repeat(64),
          'OC-Checksum': `SHA256:${'0'.repeat(64)}`,
          'Content-Length': '0',
        })
        .end();
    },
  },
  'answer-endless': { outcome: 'survive', answer: flood('HTTP/1.1 201 Created\r\n\r\n', 'x'.repeat(65_536)) },
  'answer-silent': {
    outcome: 'survive',
    answer: raw(() => 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n', false),
  },
  'continue-endless': { outcome: 'refuse', answer: flood('', 'HTTP/1.1 100 Continue\r\n\r\n') },
  'reset': { outcome: 'refuse', answer: (_scene, request) => void request.socket.resetAndDestroy() },
};

export const transportAttacks: AttackTable = {
  ...family('wire', listing, (answer) => attack('list', 'refuse', answer, ['PROPFIND'])),
  ...family('challenge', challenges, (answer) => attack('list', 'refuse', answer, everyMethod)),
  ...family('read', reading, ({ outcome, answer }) => attack('read', outcome, answer, ['GET'])),
  ...family('write', writing, ({ outcome, answer }) => attack('write', outcome, answer, ['PUT'])),
};
