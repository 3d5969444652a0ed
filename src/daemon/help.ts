/** What `heraldd --help` prints. */
export const HERALDD_HELP = `heraldd -- run a set of programs and tell listeners what happens to them

Usage: heraldd [options]

Options:
  -c, --configuration FILE    configuration file (searched for when not given)
  -n, --nodaemon              run in the foreground (default: in the background)
  -s, --silent                keep the log off stdout when in the foreground
  -h, --help                  print this text and exit
  -v, --version               print the version and exit
  -u, --user USER             run as this user (name or number)
  -m, --umask UMASK           umask in the background, octal (default 022)
  -d, --directory DIR         directory to change to in the background
  -l, --logfile FILE          main log file
  -y, --logfile_maxbytes N    rotate the main log at this size (KB, MB, GB allowed)
  -z, --logfile_backups N     rotated main logs to keep
  -e, --loglevel LEVEL        critical, error, warn, info, debug, trace or blather
  -j, --pidfile FILE          file that holds the daemon's process id
  -i, --identifier NAME       name of this instance, as events carry it
  -q, --childlogdir DIR       folder for AUTO log files
  -k, --nocleanup             keep the AUTO log files of earlier runs
  -a, --minfds N              file descriptors that must be available
  -t, --strip_ansi            remove colour codes from the output of programs
      --minprocs N            processes that must be available
      --profile_options LIST  refused: use node --cpu-prof instead
      --strict                treat unknown sections and options as errors

An option wins over the configuration file. Errors in either end with exit status 2.
`;
