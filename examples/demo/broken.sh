# Fails at once, every time.
echo 'cannot read /etc/broken.conf' >&2
exit 1
