#!/bin/sh
# Brings the two schemas of the Temporal server up to its version. May run again at any time: it goes on from the version
# that it finds.
set -eu

schema() {
  temporal-sql-tool --plugin postgres12 --ep postgres --port 5432 --user temporal --db "$1" "$2" ${3+"$3"} ${4+"$4"}
}

for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*}
  folder=${pair##*:}
  schema "$database" setup-schema -v 0.0
  schema "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
echo 'The schemas are up to date'
