# Works for a while and then dies of an error.
echo 'connected to the database'
sleep 15
echo 'lost the connection to the database' >&2
exit 3
