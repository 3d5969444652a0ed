/** A configuration with every section and option in it, all of them explained. */
import { SECTION_FACTS } from './all-facts.ts';
import type { OptionFacts, SectionFacts } from './option-facts.ts';

export interface SampleInput {
  /** Whether root will start the daemon: the daemon then wants to be told that this is meant. */
  readonly asRoot: boolean;
}

const HEAD = `; A configuration for heraldd, and for supervisord.
;
; Every option is here, at its default where it has one. Lines that begin with ; are comments: take the ; away to
; set something. An option that needs a value and has no default shows an example.
;
; A comment behind a value needs a blank before its ;  "a=b ;c" is a comment, "a=b;c" is a value.
; %(here)s is the folder of this file, %(ENV_X)s an environment variable; a percent sign is written %%.
; (Herald) marks what only Herald knows; Supervisor ignores it.
`;

/** Sections that a daemon needs to be of use; all others are commented out. */
const LIVE = ['supervisord', 'unix_http_server', 'rpcinterface:', 'supervisorctl'];

const WIDTH = 44;

export function sampleConfig({ asRoot }: SampleInput): string {
  return [HEAD, ...SECTION_FACTS.map((section) => renderSection(section, asRoot))].join('\n');
}

function renderSection(facts: SectionFacts, asRoot: boolean): string {
  const live = LIVE.includes(facts.name);
  const name = facts.name + (facts.example ?? '');
  const rows = Object.entries(facts.options).map(([option, row]) => {
    const set = live && isSet(facts.name, option, row, asRoot);
    return renderRow(option, row, set);
  });
  const mark = facts.herald === true && !facts.about.startsWith('Herald') ? ' (Herald)' : '';
  return [`; ${facts.about}${mark}`, `${live ? '' : ';'}[${name}]`, ...rows, ''].join('\n');
}

/** A live section sets what it cannot do without, and where to meet. */
function isSet(section: string, option: string, { required }: OptionFacts, asRoot: boolean): boolean {
  if (section === 'supervisord' && option === 'user') return asRoot;
  return required === true || (section === 'supervisorctl' && option === 'serverurl');
}

function renderRow(option: string, facts: OptionFacts, set: boolean): string {
  const value =
    set && option === 'serverurl' ? 'unix:///tmp/supervisor.sock' : (facts.fallback ?? facts.example ?? '');
  const line = `${set ? '' : ';'}${option}=${value}`;
  return `${line.padEnd(WIDTH)} ; ${facts.about}${facts.herald === true ? ' (Herald)' : ''}`;
}
