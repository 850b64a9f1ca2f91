storage_ok(p, s) if {
  p.driver_options == s.driver_options
  p.fstype == s.fstype
  p.options == s.options
  p.fs_group == s.fs_group
  p.shared == object.get(s, "shared", false)
  device_ok(p, s)
}

device_ok(p, s) if {
  not p.driver in ["blk", "scsi"]
  p.driver == s.driver
  storage_source_ok(p, s)
  path_ok(p.mount_point, s.mount_point)
}

device_ok(p, s) if {
  p.driver in ["blk", "scsi"]
  block_source_ok(s)
  s.mount_point == block_point(p, s)
}

storage_source_ok(p, s) if {
  p.source == s.source
}

storage_source_ok(p, s) if {
  path_ok(p.source, s.source)
}

block_source_ok(s) if {
  s.driver == "scsi"
  regex.match(`^[0-9]+:[0-9]+$`, s.source)
}

block_source_ok(s) if {
  s.driver == "blk"
  regex.match(`^[0-9a-f]{2}(/[0-9a-f]{2})?$`, s.source)
}

block_point(p, s) := replace(replace(p.mount_point, "$(spath)", policy_data.common.spath), "$(b64_device_id)", base64url.encode(s.source))
