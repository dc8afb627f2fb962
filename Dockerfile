# One image for every process of Clearwatt; docker-compose.yml says which one a container runs.
FROM python:3.11-slim

WORKDIR /opt/clearwatt
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY ledger ledger
COPY consumers consumers
COPY projections projections
COPY console console
RUN pip install --no-cache-dir --no-deps .

RUN useradd --system --create-home clearwatt
USER clearwatt
WORKDIR /home/clearwatt
ENTRYPOINT ["clearwatt"]
CMD ["--help"]
