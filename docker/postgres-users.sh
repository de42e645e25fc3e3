#!/bin/sh
# Runs once, when the data folder is made: one user and one set of databases each for Temporal and for the register.
set -eu

psql -v ON_ERROR_STOP=1 --username postgres \
  -v temporal_password="$TEMPORAL_DB_PASSWORD" -v hikeshi_password="$HIKESHI_DB_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal_password';
CREATE ROLE hikeshi LOGIN PASSWORD :'hikeshi_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
CREATE DATABASE hikeshi OWNER hikeshi;
SQL
