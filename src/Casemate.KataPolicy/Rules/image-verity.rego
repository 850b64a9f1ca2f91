# The image comes as block devices under dm-verity: these layers, in this order, and one overlay of them.
layer_fstype := "tar" if {
  c.image.form == "host-tarfs-dm-verity"
}

layer_fstype := "ext4" if {
  c.image.form == "host-ext4-dm-verity"
}

image_storages := [s | some s in input.storages; of_image(s)]

volume_storages := [s | some s in input.storages; not of_image(s)]

of_image(s) if {
  startswith(s.mount_point, "/run/kata-containers/sandbox/layers/")
}

of_image(s) if {
  s.driver == "overlayfs"
}

layer_options(layer) := [
  "ro", "io.katacontainers.fs-opt.block_device=file", "io.katacontainers.fs-opt.is-layer",
  concat("", ["io.katacontainers.fs-opt.root-hash=", layer.root_hash]),
]

plain(s) if {
  s.driver_options == []
  is_null(s.fs_group)
  object.get(s, "shared", false) == false
}

layer_ok(layer, s) if {
  plain(s)
  s.driver == "blk"
  regex.match(`^[0-9a-f]{2}(/[0-9a-f]{2})?$`, s.source)
  s.fstype == layer_fstype
  s.options == layer_options(layer)
  s.mount_point == concat("", ["/run/kata-containers/sandbox/layers/", layer.id])
}

overlay_layer(layer) := concat("", ["io.katacontainers.fs-opt.layer=", base64.encode(concat(",", array.concat([layer.id, layer_fstype], layer_options(layer))))])

overlay_options := array.concat(
  array.concat(
    [concat("", ["io.katacontainers.fs-opt.layer-src-prefix=", policy_data.common.layer_source_prefix])],
    [overlay_layer(layer) | some layer in c.image.layers],
  ),
  ["io.katacontainers.fs-opt.overlay-rw", concat("", ["lowerdir=", concat(":", [layer.id | some layer in c.image.layers])])],
)

ok_image if {
  not c.image
  image_storages == []
  no_other_image
}

ok_image if {
  c.image
  count(image_storages) == count(c.image.layers) + 1
  every i, layer in c.image.layers {
    layer_ok(layer, image_storages[i])
  }
  s := image_storages[count(c.image.layers)]
  plain(s)
  s.driver == "overlayfs"
  s.source == "none"
  s.fstype == "fuse3.kata-overlay"
  s.options == overlay_options
  s.mount_point == input.OCI.Root.Path
  no_other_image
}

no_other_image if {
  every s in volume_storages {
    s.driver != "image_guest_pull"
    s.mount_point != input.OCI.Root.Path
  }
}

image_fault := ["storages", [[layer.id, layer.root_hash] | some layer in c.image.layers], [[s.driver, s.mount_point, s.options] | some s in input.storages]] if {
  c.image
} else := ["storages", "no image that the guest pulls", input.storages]
