/** What is in a folder, in a form that two runs have in common. */
import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { compareText } from './conversation.ts';

/** What the test itself puts there. */
const OURS = /\.(?:conf|new|acks|fifo|events|ready|output)$|^notes$/;

/** `name type mode owner`, sorted; the random part of an AUTO log's name is replaced. */
export function listFolder(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => !OURS.test(name))
    .map((name) => describe(path.join(folder, name)))
    .toSorted(compareText);
}

function describe(file: string): string {
  const stat = lstatSync(file);
  const type = stat.isSocket() ? 'socket' : stat.isDirectory() ? 'folder' : 'file';
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, '0');
  return `${withoutChance(path.basename(file))} ${type} ${mode} ${stat.uid}:${stat.gid}`;
}

function withoutChance(name: string): string {
  return name.replace(/(-std(?:out|err)---\S+)-[a-z0-9_]{8}\.log/, '$1-CHANCE.log');
}
