"""What the metadata files of NTFS hold, as pure functions and small values. Where it goes is the writer's business."""
