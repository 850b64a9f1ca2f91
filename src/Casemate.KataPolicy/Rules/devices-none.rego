ok_devices if {
  input.devices == []
}
