"""Reads configurations as Debian's supervisord does, many in one process.

Stdin: {"folders": [path, ...], "env": {...}}; each folder has an `s.conf`, which is read from within it. Stdout: one answer per case, {"status": 0 | 1 | 2, "message": text, "groups": [...],
"warnings": [...], "infos": [...]}; 1 is what an uncaught exception comes to.
"""
import io
import json
import os
import sys


def main():
    asked = json.load(sys.stdin)
    os.environ.clear()
    os.environ.update(asked["env"])
    from supervisor.options import ServerOptions

    answers = []
    for folder in asked["folders"]:
        os.chdir(folder)
        answers.append(read(ServerOptions))
    json.dump(answers, sys.stdout)


def read(options_class):
    options = options_class()
    options.stderr = io.StringIO()
    options.stdout = io.StringIO()
    try:
        options.realize(["-c", "s.conf"], progname="supervisord")
    except SystemExit as end:
        return answer(end.code, first_message(options.stderr.getvalue()))
    except Exception as error:
        return answer(1, "%s: %s" % (type(error).__name__, error))
    found = answer(0, "")
    found["groups"] = [describe(group) for group in options.process_group_configs]
    found["warnings"] = list(options.parse_warnings)
    found["infos"] = list(options.parse_infos)
    return found


def answer(status, message):
    return {"status": status, "message": message, "groups": [], "warnings": [], "infos": []}


def first_message(text):
    assert text.startswith("Error: "), text
    return text[len("Error: "):text.rindex("\nFor help, use")]


def describe(group):
    return {
        "name": group.name,
        "priority": group.priority,
        "processes": [describe_process(process) for process in group.process_configs],
    }


def describe_process(process):
    return [
        process.name,
        process.command,
        process.priority,
        process.autostart,
        restarts(process.autorestart),
        process.startsecs,
        process.startretries,
        process.stopsignal,
        process.stopwaitsecs,
        process.stopasgroup,
        process.killasgroup,
        list(process.exitcodes),
        process.redirect_stderr,
        sorted((process.environment or {}).items()),
        process.serverurl,
        process.directory,
        process.umask,
        channel(process, "stdout"),
        channel(process, "stderr"),
    ]


def restarts(value):
    if value is False:
        return "never"
    return {"RestartUnconditionally": "always", "RestartWhenExitUnexpected": "unexpected"}[value.__name__]


def channel(process, name):
    get = lambda option: getattr(process, "%s_%s" % (name, option))
    logfile = get("logfile")
    return [
        "AUTO" if not isinstance(logfile, str) and logfile is not None else logfile or None,
        get("capture_maxbytes"),
        get("events_enabled"),
        get("logfile_backups"),
        get("logfile_maxbytes"),
    ]


main()
