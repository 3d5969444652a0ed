/** What all pages have around them, and the headers that they are sent with. */
import type { Reply } from '../replies.ts';
import { type Html, html } from './html.ts';

export interface PageFrame {
  readonly title: string;
  readonly main: Html;
  readonly footer: Html;
}

/** Links are relative, so the pages also work below a path of a proxy. */
export function layOut({ title, main, footer }: PageFrame): Reply {
  const document = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link href="page/herald.css" rel="stylesheet">
<link href="page/icon.svg" rel="icon" type="image/svg+xml">
<script src="page/herald.js" defer></script>
</head>
<body>
<main>
${main}
</main>
<footer>
${footer}
</footer>
</body>
</html>
`;
  return { status: 200, type: 'text/html;charset=utf-8', body: document.text, headers: PAGE_HEADERS };
}

/**
 * Everything comes from this server, and nothing may frame the page but it. The policy on referrers is not stricter,
 * because browsers would then send the page's own forms with `Origin: null`.
 */
export const SAFETY_HEADERS: readonly string[] = [
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'SAMEORIGIN',
  'Referrer-Policy',
  'same-origin',
  'Content-Security-Policy',
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
];

/** As Supervisor's pages. */
export const NOT_CACHED: readonly string[] = [
  'Pragma',
  'no-cache',
  'Cache-Control',
  'no-cache',
  'Expires',
  'Thu, 01 Jan 1970 00:00:00 GMT',
];

export const PAGE_HEADERS: readonly string[] = [...NOT_CACHED, ...SAFETY_HEADERS];
