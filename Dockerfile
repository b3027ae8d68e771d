# The production image: one binary, no shell, no package manager, not root, no demo.
#
#   docker build -t securityhub-members .
#   docker build --build-arg FEATURES=embedded-store -t securityhub-members .

# ---- build ----
# Debian 12 here and below: the binary finds the C library that it was linked with.
FROM rust:1.95-slim-bookworm AS build
# Cargo features beside the default of none; `embedded-store` for `serve --embedded-store PATH`.
ARG FEATURES=""
WORKDIR /build

# Dependencies first, with an empty program in the place of ours: this layer is built
# again only when Cargo.toml or Cargo.lock change. The image's gcc is all that aws-lc-sys
# and zstd-sys need; no cmake, no C++.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked --no-default-features --features "$FEATURES" \
    && rm -r src

# Our own crate is cleaned because cargo judges by file times, and a copied file may
# be older than the empty one that was built.
COPY src src
RUN cargo clean --release --locked --package securityhub-members \
    && cargo build --release --locked --no-default-features --features "$FEATURES"

# ---- run ----
# The C library, CA certificates and a user called nonroot.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/securityhub-members /securityhub-members
# nonroot, as a number: Kubernetes' runAsNonRoot cannot judge a name.
USER 65532:65532
EXPOSE 3000
# The program asks its own /healthz: there is no curl here.
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["/securityhub-members", "healthcheck"]
ENTRYPOINT ["/securityhub-members"]
CMD ["serve"]
