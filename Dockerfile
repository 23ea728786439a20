FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/jobsync && python -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN /opt/jobsync/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY sync sync
COPY migrations migrations
COPY sandbox sandbox
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/jobsync/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.11-slim-bookworm
# The folder is for the embedded PostgreSQL, which runs where DATABASE_URL is not set.
RUN useradd --uid 10001 --home-dir /var/lib/jobsync --create-home --shell /usr/sbin/nologin jobsync
COPY --from=build /opt/jobsync /opt/jobsync
ENV PATH=/opt/jobsync/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/jobsync \
    HTTP_HOST=0.0.0.0 \
    LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/jobsync
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + (os.environ.get('HTTP_PORT') or '8080') + '/healthz', timeout=4)"]
ENTRYPOINT ["jobsync"]
CMD ["run"]
