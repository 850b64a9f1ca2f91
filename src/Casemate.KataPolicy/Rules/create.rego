# CreateContainerRequest
CreateContainerRequest := {"allowed": true, "ops": create_ops} if {
  create_ok
}

CreateContainerRequest := {"allowed": false, "ops": []} if {
  input.OCI
  not create_ok
  print(create_denial)
}

create_ok if {
  ok_id
  ok_order
  ok_fields
  ok_identity
  ok_annotations
  ok_root
  ok_mounts
  ok_volumes
  ok_image
  ok_storages
  ok_args
  ok_sets
  ok_env
  ok_devices
  ok_linux
  ok_ports
}

# Fields that have one value: path, policy, request.
fields := array.concat(create_fields, [
  ["shared_mounts", [], input.shared_mounts],
  ["string_user", null, input.string_user],
  ["OCI.Hooks", null, input.OCI.Hooks],
  ["OCI.Solaris", null, input.OCI.Solaris],
  ["OCI.Windows", null, input.OCI.Windows],
  ["OCI.Linux.IntelRdt", null, input.OCI.Linux.IntelRdt],
  ["OCI.Linux.Seccomp", null, input.OCI.Linux.Seccomp],
  ["OCI.Linux.Resources.BlockIO", null, input.OCI.Linux.Resources.BlockIO],
  ["OCI.Linux.Resources.Network", null, input.OCI.Linux.Resources.Network],
  ["OCI.Linux.Resources.Pids", null, input.OCI.Linux.Resources.Pids],
  ["OCI.Linux.Resources.Devices", [], input.OCI.Linux.Resources.Devices],
  ["OCI.Linux.GIDMappings", [], input.OCI.Linux.GIDMappings],
  ["OCI.Linux.UIDMappings", [], input.OCI.Linux.UIDMappings],
  ["OCI.Linux.MountLabel", "", input.OCI.Linux.MountLabel],
  ["OCI.Linux.RootfsPropagation", "", input.OCI.Linux.RootfsPropagation],
  ["OCI.Process.SelinuxLabel", "", input.OCI.Process.SelinuxLabel],
])

create_fields := array.concat(process_fields, [
  ["sandbox_pidns", c.sandbox_pidns, input.sandbox_pidns],
  ["OCI.Root.Readonly", c.OCI.Root.Readonly, input.OCI.Root.Readonly],
  ["OCI.Process.Terminal", c.OCI.Process.Terminal, input.OCI.Process.Terminal],
  ["OCI.Annotations['io.katacontainers.pkg.oci.container_type']", kata_type, input.OCI.Annotations["io.katacontainers.pkg.oci.container_type"]],
])

process_fields := [
  ["OCI.Process.User.UID", c.OCI.Process.User.UID, process.User.UID],
  ["OCI.Process.User.GID", c.OCI.Process.User.GID, process.User.GID],
  ["OCI.Process.User.Username", "", process.User.Username],
  ["OCI.Process.Cwd", c.OCI.Process.Cwd, process.Cwd],
  ["OCI.Process.NoNewPrivileges", c.OCI.Process.NoNewPrivileges, process.NoNewPrivileges],
]

kata_type := "pod_sandbox" if {
  index == 0
}

kata_type := "pod_container" if {
  index > 0
}

ok_fields if {
  every f in fields {
    f[1] == f[2]
  }
  versions[input.OCI.Version]
  input.exec_id in ["", input.container_id]
  regex.match(`^[a-zA-Z0-9.-]{0,253}$`, input.OCI.Hostname)
}

versions := {c.OCI.Version} | {v | some v in policy_data.common.oci_versions}

# The sandbox: its container comes first and says who it is; all others say the same.
netns := [n.Path | some n in input.OCI.Linux.Namespaces; n.Type == "network"]

netns_path := concat("", netns) if {
  count(netns) < 2
}

identity := {
  "name": sandbox_name,
  "namespace": sandbox_namespace,
  "id": input.OCI.Annotations["io.kubernetes.cri.sandbox-id"],
  "uid": object.get(input.OCI.Annotations, "io.kubernetes.cri.sandbox-uid", ""),
  "netns": netns_path,
}

live := {i | some _, i in data.pstate.containers}

ok_order if {
  index == 0
  not data.pstate.sandbox
}

ok_order if {
  index > 0
  data.pstate.sandbox
  not input.container_id in object.keys(data.pstate.containers)
  not index in live
  ok_init
}

ok_identity if {
  anno_whole("io.kubernetes.cri.sandbox-name", identity.name)
  anno_whole("io.kubernetes.cri.sandbox-id", identity.id)
  c.OCI.Annotations["io.kubernetes.cri.sandbox-namespace"] in ["", identity.namespace]
  regex.match(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`, identity.namespace)
  regex.match(`^([0-9a-f-]{32,36})?$`, identity.uid)
  known_identity
}

known_identity if {
  index == 0
  identity.id == input.container_id
}

known_identity if {
  index > 0
  data.pstate.sandbox == identity
}

anno_whole(k, v) if {
  p := replace(c.OCI.Annotations[k], "$(sandbox-namespace)", quoted(sandbox_namespace))
  regex.match(concat("", ["^(?:", replace(p, "$(sandbox-name)", quoted(sandbox_name)), ")$"]), v)
}

# Annotations: those of the policy with their values; others of the CRI plugin and the measured document itself mean nothing to the guest.
ok_annotations if {
  every k, v in input.OCI.Annotations {
    anno_ok(k, v)
  }
  ok_names
}

ok_names if {
  index == 0
}

ok_names if {
  index > 0
  ok_image_name
}

ok_image_name if {
  not c.image
}

ok_image_name if {
  input.OCI.Annotations["io.kubernetes.cri.image-name"] == c.image.reference
}

anno_ok(k, _) if {
  k in said_elsewhere
}

anno_ok(k, v) if {
  k in ["io.kubernetes.cri.sandbox-log-directory", "nerdctl/network-namespace"]
  anno_whole(k, v)
}

anno_ok(k, v) if {
  not k in special
  not startswith(k, "io.katacontainers.pkg.oci.")
  c.OCI.Annotations[k] == v
}

# Only these hold placeholders.
anno_ok(k, v) if {
  not k in special
  startswith(k, "io.katacontainers.pkg.oci.")
  p := c.OCI.Annotations[k]
  hidden(p, v) == p
}

anno_ok(k, v) if {
  some p, q in c.runtime_anno_patterns
  regex.match(concat("", ["^(?:", p, ")$"]), k)
  regex.match(concat("", ["^(?:", q, ")$"]), v)
}

anno_ok(k, _) if {
  startswith(k, "casemate.dev/image-tag.")
}

anno_ok(k, _) if {
  startswith(k, "io.kubernetes.cri.")
  not k in special
  not c.OCI.Annotations[k]
}

anno_ok("io.kubernetes.cri.image-name", _) if {
  not c.image
}

anno_ok("io.katacontainers.config.hypervisor.cc_init_data", _) := true

anno_ok("io.katacontainers.config.agent.policy", _) := true

said_elsewhere := [
  "io.kubernetes.cri.container-type", "io.katacontainers.pkg.oci.container_type", "io.kubernetes.cri.sandbox-name",
  "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-id", "io.kubernetes.cri.sandbox-uid",
]

special := array.concat(said_elsewhere, [
  "io.kubernetes.cri.sandbox-log-directory", "nerdctl/network-namespace", "io.kubernetes.cri.container-name",
  "io.kubernetes.cri.image-name",
])

anno_ok("io.kubernetes.cri.container-name", v) if {
  index > 0
  v == c.name
}

anno_ok("io.kubernetes.cri.image-name", v) if {
  index > 0
  v == c.image.reference
}

# Root: where this container's own stands, and nowhere else.
root_pattern := concat("", ["^", pattern(replace(c.OCI.Root.Path, "$(root_path)", policy_data.common.root_path)), "$"])

ok_root if {
  regex.match(root_pattern, hidden("$(bundle-id)", input.OCI.Root.Path))
}

# Mounts: each is one of the policy's, each of the policy's is there unless optional, and none hides another.
ok_mounts if {
  every m in input.OCI.Mounts {
    mount_ok(m)
  }
  count(destinations) == count(input.OCI.Mounts)
  every p in c.OCI.Mounts {
    mount_there(p)
  }
  every pair in nested {
    mount_before(pair[0], pair[1])
  }
  count(block_sources) == count({s | some s in block_sources})
}

destinations := {m.destination | some m in input.OCI.Mounts}

position := {d: i | some i, m in input.OCI.Mounts; d := m.destination} if {
  count(destinations) == count(input.OCI.Mounts)
}

mount_there(p) if {
  p.optional
}

mount_there(p) if {
  p.destination in destinations
}

mount_before(a, b) if {
  position[a] < position[b]
}

mount_before(a, _) if {
  not a in destinations
}

mount_before(_, b) if {
  not b in destinations
}

p_mounts := {p.destination: p | some p in c.OCI.Mounts}

mount_ok(m) if {
  p := p_mounts[m.destination]
  p.type_ == m.type_
  options_ok(p, m)
  source_ok(p, m)
}

options_ok(p, m) if {
  p.options == m.options
}

options_ok(p, m) if {
  m.type_ == "sysfs"
  "rw" in p.options
  count(m.options) == count(p.options)
  [o | some o in p.options; o != "rw"] == [o | some o in m.options; o != "ro"]
}

options_ok(p, m) if {
  m.type_ == "cgroup"
  extras := [o | some o in m.options; not o in p.options]
  count(m.options) == count(p.options) + count(extras)
  every o in p.options {
    o in m.options
  }
  every o in extras {
    o in policy_data.request_defaults.CreateContainerRequest.cgroup_mount_extras_allowed
  }
}

source_ok(p, m) if {
  path_ok(p.source, m.source)
}

source_ok(p, m) if {
  p.source == ""
  some s in input.storages
  s.driver in ["blk", "scsi"]
  s.fstype == "ext4"
  s.mount_point == m.source
}

block_sources := [m.source |
  some p in c.OCI.Mounts
  p.source == ""
  some m in input.OCI.Mounts
  m.destination == p.destination
]

# Storages of volumes: the policy's, each once, or once for each mount that leads to it, which is how the runtime names them.
ok_storages if {
  count(named_storages) == count(c.storages)
  every s in named_storages {
    some p in c.storages
    storage_ok(p, s)
    not named_too_often(s)
  }
  every p in c.storages {
    some s in named_storages
    storage_ok(p, s)
  }
  places := {s.mount_point | some s in input.storages}
  count(places) == count({s | some s in input.storages})
}

named_storages := {s | some s in volume_storages}

named_too_often(s) if {
  times := count([t | some t in volume_storages; t == s])
  times > 1
  times > count([m | some m in input.OCI.Mounts; m.source == s.mount_point])
}

# Sets: groups and capabilities, in any order.
ok_sets if {
  same_set(c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids)
  every kind in ["Bounding", "Effective", "Inheritable", "Permitted", "Ambient"] {
    caps_ok(c.OCI.Process.Capabilities[kind], process.Capabilities[kind])
  }
}

caps(list) := policy_data.common.default_caps if {
  list == ["$(default_caps)"]
}

caps(list) := policy_data.common.privileged_caps if {
  list == ["$(privileged_caps)"]
}

caps(list) := list if {
  not list in [["$(default_caps)"], ["$(privileged_caps)"]]
}

caps_ok(p, v) if {
  caps(p) == v
}

caps_ok(p, v) if {
  {trim_prefix(x, "CAP_") | some x in caps(p)} == {trim_prefix(x, "CAP_") | some x in v}
  count(caps(p)) == count(v)
}

# Linux
namespaces(list) := [{"Path": n.Path, "Type": namespace_type(n.Type)} | some n in list; not n.Type in ["network", "cgroup"]]

namespace_type(t) := "mnt" if {
  t == "mount"
}

namespace_type(t) := t if {
  t != "mount"
}

ok_linux if {
  l := input.OCI.Linux
  p := c.OCI.Linux
  namespaces(p.Namespaces) == namespaces(l.Namespaces)
  count([n | some n in l.Namespaces; n.Type == "cgroup"]) < 2
  every path in p.MaskedPaths {
    path in l.MaskedPaths
  }
  every path in p.ReadonlyPaths {
    path in array.concat(l.ReadonlyPaths, l.MaskedPaths)
  }
  count(more_hidden) == 0
  every name, value in l.Sysctl {
    p.Sysctl[name] == value
  }
  every device in l.Devices {
    device_known(device)
  }
  ok_nodes
}

# Runtimes hide more of the kernel's files from version to version, and nothing of the container's own.
more_hidden := [path |
  l := input.OCI.Linux
  some path in array.concat(l.MaskedPaths, l.ReadonlyPaths)
  not path in c.OCI.Linux.MaskedPaths
  not path in c.OCI.Linux.ReadonlyPaths
  not kernel_file(path)
]

kernel_file(path) if {
  some prefix in ["/proc/", "/sys/"]
  startswith(path, prefix)
  not ".." in split(path, "/")
}

# The first check that failed: check, path, expected, got.
create_fault := ["container identifier", "container_id", "64 small letters and digits, not the sandbox's", input.container_id] if {
  not ok_id
} else := ["container", "OCI.Annotations['io.kubernetes.cri.container-name']", [p.name | some p in policy_data.containers], wanted] if {
  not c
  wanted := object.get(input.OCI.Annotations, "io.kubernetes.cri.container-name", "no name")
} else := ["order", "container_id", order_wanted, order_got] if {
  not ok_order
} else := ["shape", "the request", "every field of CreateContainerRequest", "a field is missing"] if {
  not fields
} else := array.concat(["field"], f) if {
  bad := [x | some x in fields; x[1] != x[2]]
  f := bad[0]
} else := ["OCI version", "OCI.Version", versions, input.OCI.Version] if {
  not versions[input.OCI.Version]
} else := ["field", "exec_id or OCI.Hostname", [input.container_id, "a host name"], [input.exec_id, input.OCI.Hostname]] if {
  not ok_fields
} else := ["sandbox", "OCI.Annotations['io.kubernetes.cri.sandbox-*']", object.get(data.pstate, "sandbox", identity_policy), identity] if {
  not ok_identity
} else := array.concat(["annotations"], f) if {
  bad := [x | some k, v in input.OCI.Annotations; not anno_ok(k, v); x := [concat("", ["OCI.Annotations['", k, "']"]), anno_wanted(k), v]]
  f := bad[0]
} else := ["image name", "OCI.Annotations['io.kubernetes.cri.image-name']", c.image.reference, "nothing"] if {
  not ok_annotations
} else := ["root", "OCI.Root.Path", root_pattern, input.OCI.Root.Path] if {
  not ok_root
} else := array.concat(["mounts"], mounts_fault) if {
  not ok_mounts
} else := ["volumes", "OCI.Mounts", "one device for each volume", input.OCI.Mounts] if {
  not ok_volumes
} else := array.concat(["image"], image_fault) if {
  not ok_image
} else := ["storages", "storages", [[p.driver, p.mount_point] | some p in c.storages], volume_storages] if {
  not ok_storages
} else := ["arguments", "OCI.Process.Args", c.OCI.Process.Args, process.Args] if {
  not ok_args
} else := ["groups", "OCI.Process.User.AdditionalGids", c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids] if {
  not same_set(c.OCI.Process.User.AdditionalGids, process.User.AdditionalGids)
} else := array.concat(["capabilities"], f) if {
  bad := [[concat(".", ["OCI.Process.Capabilities", k]), caps(p), process.Capabilities[k]] |
    some k, p in c.OCI.Process.Capabilities
    not caps_ok(p, process.Capabilities[k])
  ]
  f := bad[0]
} else := array.concat(["environment"], env_fault) if {
  not ok_env
} else := ["devices", "devices", c.devices, input.devices] if {
  not ok_devices
} else := array.concat(["linux"], linux_fault) if {
  not ok_linux
} else := ["streams", "stdin_port, stdout_port, stderr_port", 0, [input.stdin_port, input.stdout_port, input.stderr_port]] if {
  not ok_ports
} else := ["shape", "the request", "every field of CreateContainerRequest", "a field is missing or has another type"] if {
  not create_ok
}

identity_policy := object.filter(c.OCI.Annotations, [
  "io.kubernetes.cri.sandbox-name", "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-id",
])

anno_wanted(k) := object.get(c.OCI.Annotations, k, "no such annotation") if {
  not k in ["io.kubernetes.cri.container-name", "io.kubernetes.cri.image-name"]
}

anno_wanted("io.kubernetes.cri.container-name") := c.name

anno_wanted("io.kubernetes.cri.image-name") := object.get(object.get(c, "image", {}), "reference", "no such annotation")

mounts_fault := ["OCI.Mounts", [p | some p in c.OCI.Mounts; p.destination in [m.destination | some m in bad]], bad] if {
  bad := [m | some m in input.OCI.Mounts; not mount_ok(m)]
  count(bad) > 0
} else := ["OCI.Mounts", missing, "no mount there"] if {
  missing := [p.destination | some p in c.OCI.Mounts; not mount_there(p)]
  count(missing) > 0
} else := ["OCI.Mounts", ["in this order", hiding], "the other way round"] if {
  hiding := [pair | some pair in nested; not mount_before(pair[0], pair[1])]
  count(hiding) > 0
} else := ["OCI.Mounts", "one mount for each destination and block storage", [m.destination | some m in input.OCI.Mounts]]

linux_fault := ["OCI.Linux.Namespaces", namespaces(c.OCI.Linux.Namespaces), namespaces(input.OCI.Linux.Namespaces)] if {
  namespaces(c.OCI.Linux.Namespaces) != namespaces(input.OCI.Linux.Namespaces)
} else := ["OCI.Linux.MaskedPaths", missing, input.OCI.Linux.MaskedPaths] if {
  missing := [path | some path in c.OCI.Linux.MaskedPaths; not path in input.OCI.Linux.MaskedPaths]
  count(missing) > 0
} else := ["OCI.Linux.MaskedPaths, OCI.Linux.ReadonlyPaths", "paths below /proc and /sys", more_hidden] if {
  count(more_hidden) > 0
} else := ["OCI.Linux.Sysctl", c.OCI.Linux.Sysctl, input.OCI.Linux.Sysctl] if {
  some name, value in input.OCI.Linux.Sysctl
  object.get(c.OCI.Linux.Sysctl, name, null) != value
} else := ["OCI.Linux.Devices", nodes_wanted, input.OCI.Linux.Devices] if {
  some device in input.OCI.Linux.Devices
  not device_known(device)
} else := ["OCI.Linux.Devices", ["each once", nodes_wanted], input.OCI.Linux.Devices] if {
  not ok_nodes
} else := ["OCI.Linux.ReadonlyPaths", c.OCI.Linux.ReadonlyPaths, input.OCI.Linux.ReadonlyPaths]

order_wanted := "the pause container once, before all others" if {
  index == 0
} else := "the pause container first" if {
  not data.pstate.sandbox
} else := "one container of this name at a time, each with an identifier of its own" if {
  index in live
} else := "an identifier that is not in use" if {
  input.container_id in object.keys(data.pstate.containers)
} else := concat(" ", ["init containers before it created and ended:", concat(", ", [p.name | some i, p in policy_data.containers; i < last_init; p.role in ["init", "sidecar"]])])

last_init := index if {
  c.role in ["init", "sidecar"]
} else := count(policy_data.containers)

order_got := ["already there", [policy_data.containers[i].name | some _, i in data.pstate.containers]] if {
  data.pstate.containers
} else := "nothing created yet"

create_name := c.name if {
  c.name
} else := object.get(input.OCI.Annotations, "io.kubernetes.cri.container-name", "?")

create_denial := denial("CreateContainerRequest", create_name, create_fault, fix_of(create_fault[0]))

fix_of(check) := fixes[check] if {
  fixes[check]
} else := "deploy the YAML that the policy was made from, or make the policy again from what is deployed."

fixes := {
  "container": "deploy the pod that the policy was made for; injected containers must be in the YAML.",
  "order": "the host must create containers in the pod's order.",
  "OCI version": "make the policy with this runtime's version of the OCI specification in its settings.",
  "image": "deploy the image by the digest that the policy names.",
  "image name": "name the image in the YAML by digest, as the policy does.",
  "streams": "allow ReadStreamRequest or WriteStreamRequest in the policy's settings.",
}
