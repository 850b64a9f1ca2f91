storage_ok(_, _) if {
  false
}
