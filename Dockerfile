# Two images: `docker build .` makes the shop's, `docker build --target mlflow .` that of a tracking server.

FROM python:3.12-slim-bookworm AS build
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/aisle
WORKDIR /build
COPY pyproject.toml uv.lock ./
# The libraries first: they change less often than the code.
RUN uv sync --frozen --no-dev --no-install-project --extra mlflow --extra tune
COPY README.md LICENSE hatch_build.py ./
COPY src src
RUN uv sync --frozen --no-dev --no-editable --extra mlflow --extra tune
# The kernels, so that the first start does not wait for a compiler. A processor of another kind compiles its own.
RUN NUMBA_CACHE_DIR=/shop/.cache /opt/aisle/bin/python -m aisle.kernels

FROM build AS build-mlflow
ENV UV_PROJECT_ENVIRONMENT=/opt/mlflow
RUN uv sync --frozen --no-dev --no-install-project --extra mlflow-serve

FROM python:3.12-slim-bookworm AS mlflow
RUN useradd --uid 10001 --no-create-home --home-dir /mlflow mlflow \
  && install --directory --owner=mlflow /mlflow
COPY --from=build-mlflow /opt/mlflow /opt/mlflow
ENV PATH=/opt/mlflow/bin:$PATH PYTHONDONTWRITEBYTECODE=1 \
  MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
USER 10001
WORKDIR /mlflow
VOLUME /mlflow
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:5000/health', timeout=4)"]
ENTRYPOINT ["mlflow", "server", "--host", "0.0.0.0", "--port", "5000"]
CMD ["--backend-store-uri", "sqlite:////mlflow/mlflow.db", "--artifacts-destination", "/mlflow/files", \
  "--allowed-hosts", "mlflow:5000,localhost:*"]

FROM python:3.12-slim-bookworm AS shop
# LightGBM's
RUN apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --no-create-home --home-dir /shop aisle \
  && install --directory --owner=aisle /shop
COPY --from=build /opt/aisle /opt/aisle
COPY --from=build --chown=aisle /shop/.cache /shop/.cache
# Nothing is written but in /shop and /tmp, so that the rest may be read-only.
ENV PATH=/opt/aisle/bin:$PATH PYTHONDONTWRITEBYTECODE=1 NUMBA_CACHE_DIR=/shop/.cache AISLE_SERVE__HOST=0.0.0.0
USER 10001
WORKDIR /shop
VOLUME /shop
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8000/api/health', timeout=4)"]
ENTRYPOINT ["aisle"]
CMD ["serve"]
