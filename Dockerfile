# The image of one Harmony instance: `docker build -t harmony .`
# Built from public base images and registries alone; the state of the instance is in the volume /data.

FROM node:20-bookworm-slim AS node

FROM rust:1.95-bookworm AS build
# Node: wasm-opt, which shrinks the WASM, comes from npm.
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules /usr/local/lib/node_modules
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx

WORKDIR /harmony
# Tools first, in layers that outlive a change of the source. A test of xtask keeps the versions equal to its own.
COPY rust-toolchain.toml ./
RUN CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-leptos --version 0.3.10 --locked --features no_downloads --debug
RUN cargo install wasm-bindgen-cli --version 0.2.130

COPY . .
RUN cargo xtask build

FROM debian:bookworm-slim
# Certificates of the authorities, for TLS to a database or another service.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# hash.txt, which names the hashed site files, has to be beside the binary.
COPY --from=build /harmony/target/release/harmony /harmony/target/release/hash.txt /app/
COPY --from=build /harmony/target/site /app/site
COPY Leptos.toml /app/Leptos.toml
RUN install --directory --mode 0700 --owner 65532 --group 65532 /data

ENV LEPTOS_SITE_ROOT=/app/site \
    LEPTOS_SITE_ADDR=0.0.0.0:3000 \
    LEPTOS_HASH_FILES=true \
    HARMONY_DATA_DIR=/data
WORKDIR /app
USER 65532:65532
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["/app/harmony", "healthcheck"]
ENTRYPOINT ["/app/harmony"]
