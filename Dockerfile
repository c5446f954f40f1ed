# Two stages: what builds stays behind. Everything that is installed is locked, with hashes.
# The same sources give the same image if the base is named by its digest and times are those of the commit:
# docs/operations/running.md has the command.

ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# With this variable bytecode holds the hash of its source instead of the time at which the source was written.
ARG SOURCE_DATE_EPOCH=1577836800
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY docker/build.lock docker/requirements.lock docker/
RUN python -m venv /build && /build/bin/pip install --require-hashes -r docker/build.lock
RUN python -m venv --without-pip /app \
 && /build/bin/pip --python /app/bin/python install --require-hashes -r docker/requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY worker worker
COPY templates templates
COPY schedules schedules
RUN /build/bin/pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /dist . \
 && /build/bin/pip --python /app/bin/python install --no-deps --no-index /dist/*.whl

FROM ${PYTHON}
ARG SOURCE_DATE_EPOCH=1577836800
# Bytecode is written in one way alone, below: an import would leave some with the time of its source.
ENV PYTHONDONTWRITEBYTECODE=1
# The base brings an installer along; nothing here installs anything any more. It brings no bytecode of the standard
# library, and a file system that cannot be written keeps none: every health check would compile it again.
RUN python -m pip uninstall --yes --quiet --root-user-action=ignore setuptools wheel pip \
 && python -m compileall -q --invalidation-mode unchecked-hash "$(python -c 'import os; print(os.path.dirname(os.__file__))')" \
 && groupadd --gid 10001 funnelbeat \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin funnelbeat \
 && install -d -o 10001 -g 10001 /outbox /project
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /project
USER 10001:10001
# A clock's; docker-compose.yml gives each service its own. It starts Python, which takes ten seconds on a busy machine.
HEALTHCHECK --interval=30s --timeout=30s --start-period=30s --retries=3 \
  CMD ["python", "-m", "worker.entry.health", "clock"]
ENTRYPOINT ["funnelbeat"]
CMD ["--help"]
