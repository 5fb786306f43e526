"""Training data: manifests, sets of photos, gates that judge them, and the report about both.

Nothing here imports torch.
"""

from catchlight.train.data.manifest import Entry, Manifest, Source, Split, read_manifest, write_manifest
from catchlight.train.data.open_set import open_set, shipped_manifests
from catchlight.train.data.photo_set import PhotoSample, PhotoSet
from catchlight.train.data.photos_in_memory import load_photos
from catchlight.train.data.scan import scan_folder, scan_tars
from catchlight.train.data.set_facts import SetFacts, measure_set

__all__ = [
    "Entry",
    "Manifest",
    "PhotoSample",
    "PhotoSet",
    "SetFacts",
    "Source",
    "Split",
    "load_photos",
    "measure_set",
    "open_set",
    "read_manifest",
    "scan_folder",
    "scan_tars",
    "shipped_manifests",
    "write_manifest",
]
