"""Recorded frames as files: what came in, byte for byte, to be decoded again by today's mappers (VENUES 11).

    layout   bytes of a file: header line, records, and the notes that control records hold
    codec    zstd, or gzip without the extra `capture`
    writer   one file per venue and hour
    reader   records of a file, and what is damaged in it
    index    files of a folder, oldest first; dropping hours

Nothing here reads a clock: the hour, the second and the minute of everything follow from `recv_ns`.
"""

from clri.collect.capture.index import Hour, drop_oldest, hours
from clri.collect.capture.reader import CaptureFile, Damage, Entry
from clri.collect.capture.writer import CaptureWriter

__all__ = ["CaptureFile", "CaptureWriter", "Damage", "Entry", "Hour", "drop_oldest", "hours"]
