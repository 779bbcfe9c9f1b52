# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir --disable-pip-version-check uv
COPY requirements.lock ./
RUN uv venv /opt/tocsin && \
    uv pip install --python /opt/tocsin/bin/python --compile-bytecode --require-hashes --no-cache --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY actions actions
COPY api api
COPY bot bot
COPY incidents incidents
COPY playground playground
COPY postmortems postmortems
COPY runbooks runbooks
RUN uv pip install --python /opt/tocsin/bin/python --compile-bytecode --no-deps --no-build-isolation --no-cache .

FROM python:3.13-slim
# For runbooks that are kept in git repositories.
RUN apt-get update && apt-get install -y --no-install-recommends git openssh-client && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/tocsin tocsin
COPY --from=build /opt/tocsin /opt/tocsin
USER tocsin
WORKDIR /var/lib/tocsin
ENV PATH=/opt/tocsin/bin:$PATH PYTHONUNBUFFERED=1 TOCSIN_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["tocsin"]
CMD ["serve", "--host", "0.0.0.0"]
