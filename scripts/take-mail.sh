#!/bin/sh
# Hands a received mail (standard input) to the gateway, for a mail server's pipe; see docs/technical.md, "Mail comes in".
# /etc/hikeshi/inbound-mail (or $HIKESHI_INBOUND_MAIL), readable by the pipe's user only, holds two lines:
#   URL=https://answers.bank.example/hooks/mail
#   SECRET=whsec_...
# Ends with the codes that mail servers know: 0 taken, 65 will never be taken (the sender is told), 75 try again later.
set -u
. "${HIKESHI_INBOUND_MAIL:-/etc/hikeshi/inbound-mail}" || exit 75
umask 077
mail=$(mktemp) || exit 75
trap 'rm -f "$mail"' EXIT
cat > "$mail" || exit 75
at=$(date +%s)
id=msg_$(openssl rand -hex 16) || exit 75
key=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -vtx1 | tr -d ' \n') || exit 75
# The signature is over the bytes as they came: a shell variable would lose some of them.
signature=$({ printf %s "$id.$at."; cat "$mail"; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64 | tr -d '\n') || exit 75
status=$(curl --silent --show-error --max-time 60 --output /dev/null --write-out '%{http_code}' \
  -H 'Content-Type: message/rfc822' -H 'Expect:' \
  -H "webhook-id: $id" -H "webhook-timestamp: $at" -H "webhook-signature: v1,$signature" \
  --data-binary "@$mail" "$URL") || exit 75
case $status in
  200) exit 0 ;;
  400 | 413) exit 65 ;;
  *) exit 75 ;;
esac
