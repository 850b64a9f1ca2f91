package agent_policy

import future.keywords.every
import future.keywords.in

default CreateContainerRequest := {"ops": [], "allowed": false}
default ExecProcessRequest := false
default CopyFileRequest := false
default RemoveContainerRequest := true
default StartContainerRequest := true
default WaitProcessRequest := true
default SetPolicyRequest := false

CreateContainerRequest := {"ops": ops, "allowed": true} {
    i_oci := input.OCI
    print("CreateContainerRequest: container", input.container_id)

    is_null(i_oci.Hooks)
    is_null(i_oci.Linux.Seccomp)
    count(input.shared_mounts) == 0
    i_oci.Process.SelinuxLabel == ""

    name := i_oci.Annotations["io.kubernetes.cri.sandbox-name"]
    name_ops := state_allows("sandbox_name", name)

    some index, p_container in policy_data.containers
    print("CreateContainerRequest: trying container", index)
    p_container.sandbox_pidns == input.sandbox_pidns
    p_oci := p_container.OCI
    p_oci.Version == i_oci.Version
    p_oci.Root.Readonly == i_oci.Root.Readonly

    allow_annotations(p_oci, i_oci)
    bundle_id := bundle_of(i_oci.Root.Path)
    sandbox_id := i_oci.Annotations["io.kubernetes.cri.sandbox-id"]
    regex.match(p_oci.Annotations["io.kubernetes.cri.sandbox-id"], sandbox_id)
    allow_linux(p_oci.Linux, i_oci.Linux)
    allow_process(p_oci.Process, i_oci.Process, name)
    allow_mounts(p_oci, i_oci, bundle_id, sandbox_id)
    allow_storages(p_container.storages, input.storages)

    ops := array.concat(name_ops, [{"op": "add", "path": concat("/", ["", "pstate", input.container_id]), "value": index}])
    print("CreateContainerRequest: allowed", index)
}

# The value of a state variable: added when it is first seen, and equal ever after.
state_allows(key, value) = ops {
    not data.pstate[key]
    ops := [{"op": "add", "path": concat("/", ["", "pstate", key]), "value": value}]
}

state_allows(key, value) = ops {
    data.pstate[key] == value
    ops := []
}

bundle_of(path) = id {
    found := regex.find_all_string_submatch_n(policy_data.common.root_path, path, 1)
    count(found) == 1
    id := found[0][1]
}

allow_annotations(p_oci, i_oci) {
    every key, value in i_oci.Annotations {
        allow_annotation(p_oci.Annotations, key, value)
    }
}

allow_annotation(p_annotations, key, value) {
    p_annotations[key] == value
}

allow_annotation(p_annotations, key, value) {
    startswith(key, "io.kubernetes.cri.")
    regex.match(p_annotations[key], value)
}

allow_linux(p_linux, i_linux) {
    i_namespaces := [{"Path": n.Path, "Type": n.Type} | some n in i_linux.Namespaces; n.Type != "network"; n.Type != "cgroup"]
    i_namespaces == p_linux.Namespaces
    every path in p_linux.MaskedPaths {
        path in i_linux.MaskedPaths
    }

    every path in p_linux.ReadonlyPaths {
        allow_readonly(path, i_linux)
    }

    every name, value in i_linux.Sysctl {
        p_linux.Sysctl[name] == value
    }
}

allow_readonly(path, i_linux) {
    path in i_linux.ReadonlyPaths
}

allow_readonly(path, i_linux) {
    path in i_linux.MaskedPaths
}

allow_process(p_process, i_process, name) {
    p_process.Cwd == i_process.Cwd
    p_process.NoNewPrivileges == i_process.NoNewPrivileges
    p_process.Terminal == i_process.Terminal
    p_process.User.UID == i_process.User.UID
    p_process.User.GID == i_process.User.GID
    {g | some g in p_process.User.AdditionalGids} == {g | some g in i_process.User.AdditionalGids}
    count(p_process.Args) == count(i_process.Args)
    every i, arg in i_process.Args {
        allow_arg(p_process.Args[i], arg, name)
    }

    every variable in i_process.Env {
        allow_variable(p_process, variable, name)
    }

    every set in ["Bounding", "Effective", "Permitted"] {
        allow_capabilities(p_process.Capabilities[set], i_process.Capabilities[set])
    }
}

allow_arg(p_arg, i_arg, _) {
    replace(p_arg, "$$", "$") == i_arg
}

allow_arg(p_arg, i_arg, name) {
    contains(p_arg, "$(sandbox-name)")
    replace(p_arg, "$(sandbox-name)", name) == i_arg
}

allow_variable(p_process, variable, _) {
    variable in p_process.Env
}

allow_variable(p_process, variable, name) {
    some p_variable in p_process.Env
    contains(p_variable, "$(sandbox-name)")
    replace(p_variable, "$(sandbox-name)", name) == variable
}

allow_variable(_, variable, _) {
    some pattern in policy_data.request_defaults.CreateContainerRequest.allow_env_regex
    expanded := replace(replace(pattern, "$(ipv4_a)", policy_data.common.ipv4_a), "$(ip_p)", policy_data.common.ip_p)
    regex.match(expanded, variable)
}

allow_capabilities(p_caps, i_caps) {
    p_caps == ["$(default_caps)"]
    {trim_prefix(c, "CAP_") | some c in policy_data.common.default_caps} == {trim_prefix(c, "CAP_") | some c in i_caps}
}

allow_capabilities(p_caps, i_caps) {
    {trim_prefix(c, "CAP_") | some c in p_caps} == {trim_prefix(c, "CAP_") | some c in i_caps}
}

allow_mounts(p_oci, i_oci, bundle_id, sandbox_id) {
    used := {index |
        some i_mount in i_oci.Mounts
        index := mount_index(p_oci, i_mount, bundle_id, sandbox_id)
    }
    count(used) == count(i_oci.Mounts)
}

mount_index(p_oci, i_mount, bundle_id, sandbox_id) = index {
    some index, p_mount in p_oci.Mounts
    allow_mount(p_mount, i_mount, bundle_id, sandbox_id)
}

allow_mount(p_mount, i_mount, _, _) {
    p_mount == i_mount
}

allow_mount(p_mount, i_mount, bundle_id, sandbox_id) {
    p_mount.destination == i_mount.destination
    p_mount.type_ == i_mount.type_
    p_mount.options == i_mount.options
    p_mount != i_mount
    with_prefix := replace(p_mount.source, "$(sfprefix)", policy_data.common.sfprefix)
    with_path := replace(with_prefix, "$(cpath)", policy_data.common.cpath)
    with_bundle := replace(with_path, "$(bundle-id)", bundle_id)
    regex.match(replace(with_bundle, "$(sandbox-id)", sandbox_id), i_mount.source)
}

allow_storages(p_storages, i_storages) {
    count(p_storages) == count(i_storages)
    every i_storage in i_storages {
        some p_storage in p_storages
        p_storage == i_storage
    }
}

ExecProcessRequest {
    is_null(input.string_user)
    index := data.pstate[input.container_id]
    some command in policy_data.containers[index].exec_commands
    command == input.process.Args
}

CopyFileRequest {
    not contains(input.path, "..")
    some pattern in policy_data.request_defaults.CopyFileRequest
    expanded := replace(replace(pattern, "$(sfprefix)", policy_data.common.sfprefix), "$(cpath)", policy_data.common.cpath)
    regex.match(replace(expanded, "$(bundle-id)", "[a-z0-9]{64}"), input.path)
}
