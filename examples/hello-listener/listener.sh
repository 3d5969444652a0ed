#!/bin/sh
# The same in sh, for pools with length_unit=bytes: head counts bytes.
printf 'READY\n'
while read -r header; do
  length=${header##* len:}
  payload=$(head -c "${length%% *}")
  case $payload in
    'type:greet
'*) printf 'hello, %s\n' "${payload#*
}" >&2 ;;
  esac
  printf 'RESULT 2\nOKREADY\n'
done
