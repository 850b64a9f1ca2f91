# The policy does not bind images.
volume_storages := input.storages

ok_image if {
  every s in input.storages {
    s.driver != "image_guest_pull"
  }
}

image_fault := ["storages", "no image that the guest pulls", input.storages]
