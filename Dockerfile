# The production image: one binary, no shell, no package manager, not root, no demo.
#
#   docker build -t securityhub-members .
#   docker build --build-arg FEATURES=embedded-store -t securityhub-members .
#
# The same source gives the same image, byte by byte, with the same base images and a
# SOURCE_DATE_EPOCH (`docker buildx build --output type=image,rewrite-timestamp=true`).
# Both bases are named by tag, to get their fixes; the provenance of a released image has
# the digests that they had. `.ci/image` does what is written here without Docker.

# The list of what is in it (SBOM) has the crates, from Cargo.lock.
ARG BUILDKIT_SBOM_SCAN_CONTEXT=true

# ---- build ----
FROM rust:1.95-slim-trixie AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
# Cargo features in addition to the default of none: `embedded-store` for `serve --embedded-store PATH`.
ARG FEATURES=""
WORKDIR /build
# The binary of a release runs by itself on older machines too: zig links it with the symbols
# of this version of the C library, GLIBC, and compiles the C code. RHEL 8, Amazon Linux 2023,
# Debian 10 and Ubuntu 20.04 have it or a newer one.
ARG GLIBC=2.28
RUN python3 -m venv zig && zig/bin/pip install --quiet cargo-zigbuild==0.24.1 ziglang==0.17.1
# No path of the machine that builds is in the binary, neither from Rust nor from C.
ENV PATH="/build/zig/bin:$PATH" \
    RUSTFLAGS="--remap-path-prefix=/build=bot --remap-path-prefix=/usr/local/cargo=cargo" \
    CFLAGS="-ffile-prefix-map=/build=bot -ffile-prefix-map=/usr/local/cargo=cargo"

# Dependencies first, with an empty program in the place of ours: this layer is built
# again only when Cargo.toml or Cargo.lock change. aws-lc-sys and zstd-sys need no cmake and no
# C++. The benchmarks are named in Cargo.toml: cargo wants to see them, and builds none.
COPY Cargo.toml Cargo.lock ./
COPY benches benches
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo zigbuild --profile dist --locked --no-default-features --features "$FEATURES" \
        --target "$(uname -m)-unknown-linux-gnu.$GLIBC" \
    && rm -r src

# Our own crate is cleaned because cargo judges by file times, and a copied file may
# be older than the empty one that was built.
COPY src src
RUN cargo clean --profile dist --locked --package securityhub-members --target "$(uname -m)-unknown-linux-gnu" \
    && cargo zigbuild --profile dist --locked --no-default-features --features "$FEATURES" \
        --target "$(uname -m)-unknown-linux-gnu.$GLIBC" \
    && cp "target/$(uname -m)-unknown-linux-gnu/dist/securityhub-members" .

# ---- the binary by itself, for those who run it without Docker ----
FROM scratch AS binary
COPY --from=build /build/securityhub-members /securityhub-members

# ---- run ----
# Debian 13: the C library, CA certificates and a user called nonroot. No OpenSSL: the binary has its
# own TLS.
FROM gcr.io/distroless/base-nossl-debian13:nonroot
LABEL org.opencontainers.image.title="securityhub-members" \
    org.opencontainers.image.description="Tells a Slack channel who joins and leaves AWS Security Hub" \
    org.opencontainers.image.licenses="MIT"
COPY --from=build /build/securityhub-members /securityhub-members
# nonroot, as a number: Kubernetes' runAsNonRoot cannot judge a name.
USER 65532:65532
EXPOSE 3000
# The program asks its own /healthz: there is no curl here.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["/securityhub-members", "healthcheck"]
ENTRYPOINT ["/securityhub-members"]
CMD ["serve"]
