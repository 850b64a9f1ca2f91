ok_volumes := true

volume_ops := []
