# Runs until it is stopped. The text between the two tokens becomes a PROCESS_COMMUNICATION event.
count=0
while :; do
  count=$((count + 1))
  echo "heartbeat $count"
  if [ $((count % 6)) -eq 2 ]; then
    printf '<!--XSUPERVISOR:BEGIN-->%s heartbeats so far<!--XSUPERVISOR:END-->' "$count"
  fi
  sleep 5
done
