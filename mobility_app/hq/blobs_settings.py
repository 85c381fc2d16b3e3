"""Where HQ keeps the bytes of files: one frozen BlobSettings, from the folder's `blobs.toml`, the environment and the
command line (`settings.py`).

The secret key is never taken from the command line, where every process of the machine can read it. Without a bucket named
anywhere they lie in HQ's own folder, under `blobs/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mobility_app.errors import InvalidValue
from mobility_app.hq import settings
from mobility_app.hq.blobs_shelf import FolderShelf, Shelf

FILE, FOLDER = "blobs.toml", "blobs"
_VARIABLES = {
    "bucket": "MOBILITY_BLOBS_BUCKET", "endpoint": "MOBILITY_BLOBS_ENDPOINT", "region": "MOBILITY_BLOBS_REGION",
    "prefix": "MOBILITY_BLOBS_PREFIX", "access_key": "MOBILITY_BLOBS_ACCESS_KEY",
    "secret_key": "MOBILITY_BLOBS_SECRET_KEY",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BlobSettings:
    """A bucket of an S3 store. `endpoint` is the address of one's own store, "" for Amazon's. `bucket` "": the folder."""

    bucket: str = ""
    endpoint: str = ""
    region: str = ""
    prefix: str = ""
    access_key: str = ""
    secret_key: str = ""


def read(folder: Path, environ: Mapping[str, str], options: Mapping[str, str] | None = None) -> BlobSettings:
    """The settings. Raises InvalidValue naming the key."""
    given = settings.given(folder / FILE, _VARIABLES, environ, options, "blob_settings")
    endpoint = given.get("endpoint", "")
    if endpoint and (urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).hostname):
        raise InvalidValue("blobs", "endpoint", "blob_settings")
    if endpoint and not given.get("bucket"):
        raise InvalidValue("blobs", "bucket", "blob_settings")
    return BlobSettings(**given)


def shelf(folder: Path, named: BlobSettings) -> Shelf:
    """The place that they name."""
    if not named.bucket:
        return FolderShelf(folder / FOLDER)
    from mobility_app.hq.blobs_s3 import S3Shelf  # weighs something: only who has a bucket loads it

    return S3Shelf(named.bucket, named.endpoint, named.region, named.access_key, named.secret_key, named.prefix)
