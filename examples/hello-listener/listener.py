#!/usr/bin/env python3
"""The same in Python, with nothing but its standard library."""
import sys

for stream in (sys.stdin, sys.stdout, sys.stderr):
    stream.reconfigure(encoding="utf-8")
print("READY", flush=True)
while header := sys.stdin.readline():
    tokens = dict(token.split(":", 1) for token in header.split())
    payload = sys.stdin.read(int(tokens["len"]))
    line, _, data = payload.partition("\n")
    if tokens["eventname"] == "REMOTE_COMMUNICATION" and line == "type:greet":
        print(f"hello, {data}", file=sys.stderr, flush=True)
    print("RESULT 2\nOKREADY", flush=True)
