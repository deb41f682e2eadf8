# The indexer alone: one environment of locked packages, no nats-server, no build tools, no shell scripts.
# Another base needs Python 3.11 or newer with venv: docker build --build-arg BASE=...
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
COPY requirements-bootstrap.lock requirements-image.lock ./
# uv and setuptools stay behind in /tools. What has no wheel is built with the locked setuptools, by hash as well
RUN python3 -m venv /tools \
 && /tools/bin/python -m pip install --quiet --no-cache-dir --require-hashes -r requirements-bootstrap.lock
RUN /tools/bin/uv venv --quiet --python python3 /opt/indexer \
 && /tools/bin/uv pip install --quiet --no-cache --python /opt/indexer --require-hashes --compile-bytecode \
    --build-constraints requirements-bootstrap.lock -r requirements-image.lock
COPY pyproject.toml README.md LICENSE ./
COPY decoders decoders
COPY indexer indexer
RUN /tools/bin/python -m pip wheel --quiet --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /tools/bin/uv pip install --quiet --no-cache --python /opt/indexer --no-deps --compile-bytecode /wheel/*.whl \
 && rm -f /opt/indexer/.lock /opt/indexer/.gitignore /opt/indexer/CACHEDIR.TAG

FROM ${BASE}
LABEL org.opencontainers.image.title="solana-liquidity-indexer" \
      org.opencontainers.image.description="Every DEX swap on Solana into NATS JetStream: exactly once, in slot order" \
      org.opencontainers.image.licenses="Apache-2.0"
# A new named volume on /backups takes over the owner of the folder it is mounted on
RUN install -d -o 65532 -g 65532 /backups
COPY --from=build /opt/indexer /opt/indexer
COPY deploy/jetstream /opt/indexer/deploy/jetstream
# Nothing is written: the modules are compiled already, and the stream is the only state
ENV PATH=/opt/indexer/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    INDEXER_JETSTREAM_DIR=/opt/indexer/deploy/jetstream \
    INDEXER_METRICS_ADDR=0.0.0.0:7777
WORKDIR /opt/indexer
# A number, so that runAsNonRoot can be checked without looking into the image
USER 65532:65532
EXPOSE 7777
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['INDEXER_METRICS_ADDR'].rpartition(':')[2] + '/healthz', timeout=4)"]
ENTRYPOINT ["indexer"]
CMD ["run"]
