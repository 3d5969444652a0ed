/** What must not be seen by everyone who is shown a configuration. */

const REDACTED = '<redacted>';
/** Rather one too many than one too few: `COMPASS` is hidden as `SMTP_PASS` is. */
const SECRET_KEY = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|_(PWD|DSN)$|(^|_)AUTH$/i;

export interface Redaction {
  password(text: string): string;
  environment(pairs: ReadonlyMap<string, string>): ReadonlyMap<string, string>;
  /** Any other text: only passwords inside of URLs. */
  text(text: string): string;
}

export const SHOW_SECRETS: Redaction = {
  password: (text) => text,
  environment: (pairs) => pairs,
  text: (text) => text,
};

export const HIDE_SECRETS: Redaction = {
  password: () => REDACTED,
  environment: (pairs) =>
    new Map([...pairs].map(([key, value]) => [key, SECRET_KEY.test(key) ? REDACTED : hideInUrls(value)])),
  text: hideInUrls,
};

/** `scheme://user:password@host`; a password with an `@` in it ends at the last one. */
function hideInUrls(text: string): string {
  return text.replace(/(:\/\/[^\s:@/]*:)[^\s/]+@/g, `$1${REDACTED}@`);
}
