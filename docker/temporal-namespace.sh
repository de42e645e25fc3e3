#!/bin/sh
# Makes the namespace, with 90 days of retention, and our search attributes in it. May run again at any time.
set -eu

attempts=0
until temporal operator cluster health; do
  attempts=$((attempts + 1))
  if [ "$attempts" -ge 30 ]; then
    echo 'The Temporal server did not become healthy within a minute' >&2
    exit 1
  fi
  sleep 2
done

temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 90d

# A new namespace reaches all parts of the server within seconds.
attempts=0
until present=$(temporal operator search-attribute list --namespace "$TEMPORAL_NAMESPACE"); do
  attempts=$((attempts + 1))
  [ "$attempts" -lt 30 ] || exit 1
  sleep 2
done

for pair in IncidentId:Keyword Job:Keyword Stage:Keyword Owner:Keyword NeedsHuman:Bool NextDeadline:Datetime; do
  name=${pair%%:*}
  type=${pair##*:}
  if ! printf '%s\n' "$present" | grep -qw "$name"; then
    temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type "$type"
  fi
done
echo "The namespace $TEMPORAL_NAMESPACE is ready"
