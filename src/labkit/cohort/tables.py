"""The tables of results.sqlite. Change them only together with ``store.SCHEMA_VERSION``."""

from sqlalchemy import Column, Float, Integer, MetaData, Table, Text

METADATA = MetaData()

PACK = Table(
    "pack",
    METADATA,
    Column("pack_id", Text, primary_key=True),
    Column("trainee_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("truth_sha256", Text, nullable=False),
)
SUBMISSION = Table(
    "submission",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("trainee_id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("submitted_at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("workspace_key", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("values", Text, nullable=False),
)
RESULT = Table(
    "result",
    METADATA,
    Column("submission_sha256", Text, primary_key=True),
    Column("key_version", Text, primary_key=True),
    Column("engine_version", Text, primary_key=True),
    Column("trainee_id", Text, nullable=False),
    Column("points", Float, nullable=False),
    Column("max_points", Float, nullable=False),
    Column("graded_at", Text, nullable=False),
    Column("result_json", Text, nullable=False),
)
ITEM_RESULT = Table(
    "item_result",
    METADATA,
    Column("submission_sha256", Text, primary_key=True),
    Column("key_version", Text, primary_key=True),
    Column("engine_version", Text, primary_key=True),
    Column("task", Text, primary_key=True),
    Column("points", Float, nullable=False),
    Column("max_points", Float, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("mistake", Text),
)
FLAG = Table(
    "flag",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("trainee_id", Text, nullable=False),
    Column("values", Text, nullable=False),
)
