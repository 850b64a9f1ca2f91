# CopyFileRequest: into shared directories of containers only, nothing that climbs out of them or runs as another.
CopyFileRequest := true if {
  copy_ok
}

CopyFileRequest := {"allowed": false, "ops": []} if {
  not copy_ok
  print(denial("CopyFileRequest", "sandbox", ["path", "path", copy_paths, [input.path, input.file_type, input.symlink_target, input.file_mode]], "only files of volumes may be copied."))
}

copy_ok if {
  count(input.path) <= 4096
  not regex.match(`[\x00-\x1f\x7f]`, input.path)
  parts := split(input.path, "/")
  count({".", "..", ""} & {x | some x in array.slice(parts, 1, count(parts))}) == 0
  some p in copy_paths
  regex.match(p, input.path)
  copy_type_ok(p)
}

copy_type_ok(_) if {
  input.file_type == "Regular"
  bits.and(input.file_mode, 3072) == 0
}

copy_type_ok(_) if {
  input.file_type == "Directory"
  bits.and(input.file_mode, 2048) == 0
}

copy_type_ok(p) if {
  input.file_type == "Symlink"
  regex.match(concat("", [trim_suffix(p, "$"), ".*/.+"]), input.path)
  not startswith(input.symlink_target, "/")
  not ".." in split(input.symlink_target, "/")
}
