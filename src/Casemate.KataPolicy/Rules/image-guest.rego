# The image is pulled by the guest, by digest; the pause container comes from the guest's own image.
image_storages := [s | some s in input.storages; s.driver == "image_guest_pull"]

volume_storages := [s | some s in input.storages; s.driver != "image_guest_pull"]

image_source := "pause" if {
  index == 0
}

image_source := c.image.reference if {
  index > 0
}

ok_image if {
  not c.image
  image_storages == []
}

ok_image if {
  c.image
  count(image_storages) == 1
  s := image_storages[0]
  s.source == image_source
  s.fstype == "overlay"
  s.options == []
  is_null(s.fs_group)
  object.get(s, "shared", false) == false
  s.mount_point == input.OCI.Root.Path
  pull_said(s.driver_options)
  every o in s.driver_options {
    startswith(o, "image_guest_pull=")
    pull := json.unmarshal(trim_prefix(o, "image_guest_pull="))
    every k, _ in pull {
      k == "metadata"
    }
    every k, v in pull.metadata {
      metadata_ok(k, v)
    }
  }
}

# Without this word the agent would look for an image named "pause" in a registry.
pull_said(options) if {
  index > 0
  count(options) < 2
}

pull_said(options) if {
  index == 0
  count(options) == 1
  pull := json.unmarshal(trim_prefix(options[0], "image_guest_pull="))
  pull.metadata["io.kubernetes.cri.container-type"] == "sandbox"
}

# What the agent reads of it says whether the image is the sandbox's, and must say what the specification says.
metadata_ok(k, v) if {
  input.OCI.Annotations[k] == v
}

metadata_ok(k, _) if {
  startswith(k, "containerd.io/")
}

image_fault := ["storages", [image_source, "overlay", input.OCI.Root.Path], [[s.source, s.fstype, s.mount_point, s.driver_options] | some s in image_storages]] if {
  c.image
} else := ["storages", "no image that the guest pulls", image_storages]
